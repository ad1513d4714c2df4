/**
 * The process that a crash test kills. Writes under concurrency to the database in argv[2] and prints a line of JSON
 * per acknowledged write: first its batch of keys, then what the store answered. argv[3] makes its keys distinct.
 */
import { writeSync } from 'node:fs';
import { SqliteStorage } from '../drivers/sqlite/sqlite-storage.ts';
import type { Operation, Revision, StorageKey } from '../storage.ts';

/** A line of output: `keys` were put with `value` in one transaction and are durable; `compacted` and `deleted` likewise. */
export interface Acknowledged {
  keys: string[];
  deleted: string | undefined;
  value: string;
  revision: number;
}

const path = process.argv[2] ?? '';
const round = process.argv[3] ?? '0';
const encoder = new TextEncoder();

async function writer(storage: SqliteStorage, id: number): Promise<never> {
  for (let i = 0; ; i++) {
    const value = `${round}-${id}-${i}`;
    const keys = ['x', 'y', 'z'].map((part) => `/group/${id}-${i % 10}/${part}`);
    const operations: Operation[] = keys.map((key) => ({
      type: 'put',
      key: key as StorageKey,
      value: encoder.encode(value.padEnd(200 + ((i * 37) % 3000), ' ')),
      indexes: [{ index: 'value', value }],
    }));
    const deleted = i % 3 === 0 ? `/single/${id}-${(i + 3) % 30}` : undefined;
    if (deleted !== undefined) operations.push({ type: 'delete', key: deleted as StorageKey });
    else operations.push({ type: 'put', key: `/single/${id}-${i % 30}` as StorageKey, value: encoder.encode(value) });
    const result = await storage.transact({ compares: [], operations });
    if (!result.succeeded) throw new Error('a transaction without compares was refused');
    const line: Acknowledged = { keys, deleted, value, revision: result.revision };
    writeSync(1, `${JSON.stringify(line)}\n`);
    if (id === 0 && i % 50 === 49)
      void storage.compact(Math.max(1, result.revision - 200) as Revision).catch(() => undefined);
  }
}

const storage = await SqliteStorage.open({ path });
writeSync(1, 'ready\n');
await Promise.all(Array.from({ length: 16 }, (_, id) => writer(storage, id)));
