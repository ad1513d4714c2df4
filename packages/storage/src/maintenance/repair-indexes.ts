import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { DatabaseLock } from '../drivers/sqlite/database-lock.ts';
import type { IndexEntry } from '../storage.ts';
import { messageOf, StorageError } from '../storage-error.ts';
import { checkContent } from './check-content.ts';
import { type IndexRules, missingFrom, parseIndexes } from './index-rules.ts';
import { checkFormat } from './snapshot.ts';

export interface RepairResult {
  /** Objects whose list of index rows was corrected. */
  corrected: number;
  /** Index rows after the repair. */
  indexRows: number;
}

const pageSize = 1000;

/**
 * Writes all index rows anew, in one transaction: what the rules tell of an object, else what was declared when it was
 * written. Objects are left as they are. Throws `StorageFailed` when a server runs on the database, or when more is
 * damaged than index rows.
 */
export function repairIndexes(path: string, indexRules: IndexRules): RepairResult {
  const lock = DatabaseLock.acquire(path);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 5000 });
    checkFormat(database, path);
    database.exec('PRAGMA synchronous=FULL; BEGIN IMMEDIATE; REINDEX');
    const corrected = correctDeclarations(database, indexRules);
    database.exec(`DELETE FROM idx;
      INSERT OR IGNORE INTO idx (name, value, key)
      SELECT json_extract(entry.value, '$[0]'), json_extract(entry.value, '$[1]'), cur.key
      FROM cur, json_each(cur.indexes) AS entry WHERE cur.create_rev > 0 AND cur.indexes IS NOT NULL;
      COMMIT`);
    return { corrected, indexRows: Number(database.prepare('SELECT count(*) AS n FROM idx').get()?.['n']) };
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw new StorageError('StorageFailed', `the indexes of ${path} cannot be repaired: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    database?.close();
    lock.release();
  }
}

type Row = { key: string; indexes: string | null; create_rev: number; value: Uint8Array | null };

function correctDeclarations(database: DatabaseSync, indexRules: IndexRules): number {
  const page = database.prepare(
    `SELECT cur.key, cur.indexes, cur.create_rev, kv.value FROM cur LEFT JOIN kv ON kv.rev = cur.rev AND kv.key = cur.key
     WHERE cur.key > ? ORDER BY cur.key LIMIT ${pageSize}`,
  );
  const set = database.prepare('UPDATE cur SET indexes = ? WHERE key = ?');
  let corrected = 0;
  let after = '';
  while (true) {
    const rows = page.all(after) as unknown as Row[];
    for (const row of rows) if (correct(row, indexRules, set)) corrected++;
    const last = rows.at(-1);
    if (last === undefined) return corrected;
    after = last.key;
  }
}

function correct(row: Row, indexRules: IndexRules, set: StatementSync): boolean {
  const declared = parseIndexes(row.indexes);
  const wanted = row.create_rev === 0 ? [] : wantedEntries(row, declared ?? [], indexRules);
  const known = declared ?? [];
  const same =
    declared !== undefined && missingFrom(known, wanted).length === 0 && missingFrom(wanted, known).length === 0;
  if (same) return false;
  set.run(wanted.length === 0 ? null : JSON.stringify(wanted.map(({ index, value }) => [index, value])), row.key);
  return true;
}

function wantedEntries(row: Row, declared: readonly IndexEntry[], indexRules: IndexRules): readonly IndexEntry[] {
  const content = row.value === null ? undefined : checkContent(row.key, row.value, () => undefined);
  const expected = content === undefined ? undefined : indexRules(content.at, content.object);
  if (expected === undefined) return declared;
  return expected.complete ? expected.entries : [...declared, ...missingFrom(declared, expected.entries)];
}
