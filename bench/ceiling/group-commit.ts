// The ceiling of everything that is written: `group-commit.ts FILE ROWS GROUP MS [BYTES]` commits groups of GROUP writes of ROWS
// rows of BYTES each with plain prepared statements, one fsync per group, and prints the writes per second.
import { DatabaseSync } from 'node:sqlite';

const [file = '', rows = '1', group = '1', ms = '1000', bytes = '1024'] = process.argv.slice(2);
const database = new DatabaseSync(file);
database.exec(
  'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE kv (rev INTEGER PRIMARY KEY, key TEXT, value BLOB); CREATE TABLE cur (key TEXT PRIMARY KEY, rev INTEGER) WITHOUT ROWID',
);
const append = database.prepare('INSERT INTO kv VALUES (?, ?, ?)');
const point = database.prepare('REPLACE INTO cur VALUES (?, ?)');
const value = new Uint8Array(Number(bytes)).fill(120);
const perGroup = Number(group) * Number(rows);
const started = performance.now();
let revision = 0;
while (performance.now() - started < Number(ms)) {
  database.exec('BEGIN');
  for (let i = 0; i < perGroup; i++) {
    revision += 1;
    const key = `/r/core/configmaps/2x8v7kq1m4c9p0zd/default/object-${revision}`;
    append.run(revision, key, value);
    point.run(key, revision);
  }
  database.exec('COMMIT');
}
const seconds = (performance.now() - started) / 1000;
database.close();
process.stdout.write(`${revision / Number(rows) / seconds}\n`);
