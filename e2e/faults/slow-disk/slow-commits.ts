// Preloaded into a server (`--import`): in its writer thread each COMMIT takes as many milliseconds longer as the file
// named by COMMIT_DELAY_FILE says when it begins.
import { readFileSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { isMainThread } from 'node:worker_threads';

const file = process.env['COMMIT_DELAY_FILE'] as string;
const never = new Int32Array(new SharedArrayBuffer(4));

function pause(): void {
  Atomics.wait(never, 0, 0, Number(readFileSync(file, 'utf8')));
}

if (!isMainThread) {
  const { prepare, exec } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function prepareSlow(this: DatabaseSync, sql: string): StatementSync {
    const statement = prepare.call(this, sql);
    if (!/^\s*commit\b/i.test(sql)) return statement;
    const run = statement.run.bind(statement) as () => ReturnType<StatementSync['run']>;
    statement.run = () => {
      pause();
      return run();
    };
    return statement;
  };
  DatabaseSync.prototype.exec = function execSlow(this: DatabaseSync, sql: string): void {
    if (/^\s*commit\b/i.test(sql)) pause();
    exec.call(this, sql);
  };
}
