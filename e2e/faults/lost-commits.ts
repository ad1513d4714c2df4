// Preloaded into a server (`--import`): while the file named by COMMIT_FAULT_FILE says `deny`, a COMMIT of the writer thread
// is made but said to have failed, as by a disk that answers too late.
import { readFileSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { isMainThread } from 'node:worker_threads';

const file = process.env['COMMIT_FAULT_FILE'] as string;

if (!isMainThread) {
  const { prepare } = DatabaseSync.prototype;
  DatabaseSync.prototype.prepare = function prepareDenying(this: DatabaseSync, sql: string): StatementSync {
    const statement = prepare.call(this, sql);
    if (!/^\s*commit\b/i.test(sql)) return statement;
    const run = statement.run.bind(statement) as () => ReturnType<StatementSync['run']>;
    statement.run = () => {
      const result = run();
      if (readFileSync(file, 'utf8') === 'deny') throw Object.assign(new Error('disk I/O error'), { errcode: 10 });
      return result;
    };
    return statement;
  };
}
