import { readFileSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { workerData } from 'node:worker_threads';

/**
 * The writer thread of a store on a slow disk: each COMMIT takes as many milliseconds longer as the file beside the
 * database, named like it with `.delay` behind, says.
 */
const { path } = workerData as { path: string };
const never = new Int32Array(new SharedArrayBuffer(4));

function pause(): void {
  let text = '';
  try {
    text = readFileSync(`${path}.delay`, 'utf8');
  } catch {
    return;
  }
  Atomics.wait(never, 0, 0, Number(text));
}

const { prepare } = DatabaseSync.prototype;
DatabaseSync.prototype.prepare = function prepareSlow(this: DatabaseSync, sql: string): StatementSync {
  const statement = prepare.call(this, sql);
  if (sql !== 'COMMIT') return statement;
  const run = statement.run.bind(statement) as () => ReturnType<StatementSync['run']>;
  statement.run = () => {
    pause();
    return run();
  };
  return statement;
};

await import('../drivers/sqlite/sqlite-worker.ts');
