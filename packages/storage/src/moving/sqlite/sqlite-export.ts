import { existsSync, realpathSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { DatabaseLock } from '../../drivers/sqlite/database-lock.ts';
import { parseIndexes } from '../../maintenance/index-rules.ts';
import { openSnapshot, readFacts } from '../../maintenance/snapshot.ts';
import type { Revision, StorageKey } from '../../storage.ts';
import { StorageError } from '../../storage-error.ts';
import type { MovedIndexRow, MovedObject, StoreExport } from '../store-place.ts';

/** Objects, and bytes of values, of a page: whichever is reached first. */
const pageObjects = 1000;
const pageBytes = 4 * 1024 * 1024;
const pageRows = 5000;

interface ObjectRow {
  key: StorageKey;
  rev: number;
  create_rev: number;
  indexes: string | null;
  value: Uint8Array | null;
  lease: number | null;
  ttl_ms: number | null;
  expires_ms: number | null;
}

/** A database under its lock, which keeps servers off. */
export class SqliteExport implements StoreExport {
  readonly source: string;
  readonly revision: Revision;
  readonly #database: DatabaseSync;
  readonly #lock: DatabaseLock | undefined;
  readonly #objects: number;

  /** The revision that it was at when the move began. */
  readonly #before: number;

  private constructor(
    path: string,
    database: DatabaseSync,
    { lock, before }: { lock?: DatabaseLock; before?: number | undefined } = {},
  ) {
    const { revision, objects } = readFacts(database);
    this.source = `sqlite:${realpathSync(path)}`;
    this.revision = revision as Revision;
    this.#database = database;
    this.#lock = lock;
    this.#objects = objects;
    this.#before = before ?? revision;
  }

  /** Throws `StorageFailed` when there is no database, or a server runs on it. `before`: the revision of an earlier export. */
  static open(path: string, before?: number): SqliteExport {
    // No lock file is to be left beside what is no database.
    if (!existsSync(DatabaseLock.pathFor(path))) openSnapshot(path).close();
    const lock = DatabaseLock.acquire(path);
    try {
      return new SqliteExport(path, openSnapshot(path), { lock, before });
    } catch (error) {
      lock.release();
      throw error;
    }
  }

  /** Of a database that the caller has locked. */
  static under(path: string): SqliteExport {
    return new SqliteExport(path, openSnapshot(path));
  }

  async count(): Promise<number> {
    return this.#objects;
  }

  async *objects(after: string): AsyncGenerator<MovedObject[]> {
    const rows = this.#database
      .prepare(
        `SELECT cur.key, cur.rev, cur.create_rev, cur.indexes, kv.value, cur.lease, lease.ttl_ms, lease.expires_ms
         FROM cur LEFT JOIN kv ON kv.rev = cur.rev AND kv.key = cur.key LEFT JOIN lease ON lease.id = cur.lease
         WHERE cur.key > ? AND cur.create_rev > 0 ORDER BY cur.key`,
      )
      .iterate(after);
    let page: MovedObject[] = [];
    let bytes = 0;
    for (const row of rows) {
      const object = toObject(row as unknown as ObjectRow);
      page.push(object);
      bytes += object.value.byteLength;
      if (page.length < pageObjects && bytes < pageBytes) continue;
      yield page;
      page = [];
      bytes = 0;
    }
    if (page.length > 0) yield page;
  }

  async *indexRows(): AsyncGenerator<MovedIndexRow[]> {
    let page: MovedIndexRow[] = [];
    for (const row of this.#database.prepare('SELECT name AS "index", value, key FROM idx').iterate()) {
      page.push(row as unknown as MovedIndexRow);
      if (page.length < pageRows) continue;
      yield page;
      page = [];
    }
    yield page;
  }

  /** The lock keeps others off from now on. */
  async checkUnused(): Promise<void> {
    if (this.revision === this.#before) return;
    throw new StorageError(
      'StorageFailed',
      `${this.source} is at revision ${this.revision}, and was at ${this.#before} when the move began; remove what is in the target and begin anew`,
    );
  }

  async close(): Promise<void> {
    this.#database.close();
    this.#lock?.release();
  }
}

function toObject(row: ObjectRow): MovedObject {
  const { key, rev, create_rev, value, lease, ttl_ms, expires_ms } = row;
  const indexes = parseIndexes(row.indexes);
  if (value === null || indexes === undefined)
    throw new StorageError('StorageFailed', `${key} is damaged in the source; canopy fsck tells more`);
  return {
    key,
    value,
    createRevision: create_rev,
    modRevision: rev,
    indexes,
    lease: lease === null ? undefined : { id: lease, ttlMs: ttl_ms ?? 0, expiresAt: expires_ms ?? 0 },
  };
}
