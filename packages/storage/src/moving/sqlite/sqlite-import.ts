import { closeSync, existsSync, openSync, renameSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { DatabaseLock } from '../../drivers/sqlite/database-lock.ts';
import { applicationId, formatVersion, schema, unfinishedPath } from '../../drivers/sqlite/sqlite-format.ts';
import { syncDirectoryOf, syncPath } from '../../maintenance/sealed-file.ts';
import { readFacts } from '../../maintenance/snapshot.ts';
import type { Revision } from '../../storage.ts';
import { distinctRows } from '../object-digest.ts';
import type { MovedObject, StoreExport, StoreImport } from '../store-place.ts';
import { SqliteExport } from './sqlite-export.ts';

/** What a database that was moved here has besides: one row, from which an unfinished move goes on. */
const movedTable = `CREATE TABLE moved (
  source TEXT NOT NULL, source_revision INTEGER NOT NULL, revision INTEGER NOT NULL, after TEXT NOT NULL, objects INTEGER NOT NULL
)`;

interface MovedRow {
  source: string;
  source_revision: number;
  revision: number;
  after: string;
  objects: number;
}

/** Undefined when there was no move. */
export function readMovedRow(database: DatabaseSync): MovedRow | undefined {
  const table = database.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'moved'").get();
  if (table === undefined) return undefined;
  return database.prepare('SELECT * FROM moved').get() as MovedRow | undefined;
}

/**
 * Fills a database beside its place, and puts it there in one step at the end. Objects keep the revisions of their last
 * changes; the store's own is the source's and the distance, as is what counts as compacted.
 */
export class SqliteImport implements StoreImport {
  readonly #path: string;
  readonly #lock: DatabaseLock;
  /** Undefined when the move had been finished before. */
  #database: DatabaseSync | undefined;
  readonly #state: MovedRow;

  private constructor(path: string, lock: DatabaseLock, database: DatabaseSync | undefined, state: MovedRow) {
    this.#path = path;
    this.#lock = lock;
    this.#database = database;
    this.#state = state;
  }

  static open(path: string, from: Pick<StoreExport, 'source' | 'revision'>, revisionJump: number): SqliteImport {
    const lock = DatabaseLock.acquire(path);
    let database: DatabaseSync | undefined;
    try {
      const finished = existsSync(path);
      database = finished ? new DatabaseSync(path, { readOnly: true }) : openUnfinished(unfinishedPath(path));
      const state = readMovedRow(database) ?? begin(database, from, revisionJump);
      if (finished) database.close();
      return new SqliteImport(path, lock, finished ? undefined : database, state);
    } catch (error) {
      database?.close();
      lock.release();
      throw error;
    }
  }

  get after(): string {
    return this.#state.after;
  }

  get objects(): number {
    return this.#state.objects;
  }

  async put(objects: readonly MovedObject[]): Promise<void> {
    const last = objects.at(-1);
    const database = this.#database;
    if (database === undefined || last === undefined) return;
    database.exec('BEGIN IMMEDIATE');
    const log = database.prepare('INSERT INTO kv (rev, key, create_rev, prev_rev, value) VALUES (?, ?, ?, 0, ?)');
    const current = database.prepare('INSERT INTO cur (key, rev, create_rev, lease, indexes) VALUES (?, ?, ?, ?, ?)');
    const index = database.prepare('INSERT INTO idx (name, value, key) VALUES (?, ?, ?)');
    const lease = database.prepare('INSERT OR IGNORE INTO lease (id, ttl_ms, expires_ms) VALUES (?, ?, ?)');
    for (const object of objects) {
      const { key, value, createRevision, modRevision } = object;
      const rows = distinctRows(object.indexes).map((row) => row.split('\u0000') as [string, string]);
      log.run(modRevision, key, createRevision, value);
      current.run(
        key,
        modRevision,
        createRevision,
        object.lease?.id ?? null,
        rows.length ? JSON.stringify(rows) : null,
      );
      for (const [name, text] of rows) index.run(name, text, key);
      if (object.lease !== undefined) lease.run(object.lease.id, object.lease.ttlMs, Math.ceil(object.lease.expiresAt));
    }
    const position = { after: last.key as string, objects: this.#state.objects + objects.length };
    database.prepare('UPDATE moved SET after = ?, objects = ?').run(position.after, position.objects);
    database.exec('COMMIT');
    Object.assign(this.#state, position);
  }

  async arrived(): Promise<StoreExport> {
    return SqliteExport.under(this.#database === undefined ? this.#path : unfinishedPath(this.#path));
  }

  async finish(): Promise<Revision> {
    const database = this.#database;
    if (database !== undefined) {
      database.prepare("UPDATE meta SET value = ? WHERE name IN ('compacted', 'swept')").run(this.#state.revision);
      this.#database = undefined;
      // The last connection moves the log into the file and removes it.
      database.close();
      syncPath(unfinishedPath(this.#path));
      renameSync(unfinishedPath(this.#path), this.#path);
      syncDirectoryOf(this.#path);
    }
    return this.#state.revision as Revision;
  }

  async close(): Promise<void> {
    this.#database?.close();
    this.#lock.release();
  }
}

function openUnfinished(file: string): DatabaseSync {
  if (!existsSync(file)) closeSync(openSync(file, 'wx', 0o600));
  const database = new DatabaseSync(file);
  database.exec('PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL');
  return database;
}

function begin(
  database: DatabaseSync,
  { source, revision }: Pick<StoreExport, 'source' | 'revision'>,
  revisionJump: number,
): MovedRow {
  database.exec(`BEGIN IMMEDIATE; ${schema} ${movedTable};
    PRAGMA application_id=${applicationId}; PRAGMA user_version=${formatVersion}`);
  const state = { source, source_revision: revision, revision: revision + revisionJump, after: '', objects: 0 };
  database.prepare('INSERT INTO moved VALUES (?, ?, ?, ?, ?)').run(...(Object.values(state) as [string, number]));
  database.exec('COMMIT');
  return state;
}

/** Whether a moved database is as it was when the move was finished. */
export function isUntouched(database: DatabaseSync, state: MovedRow): boolean {
  const newest = Number(database.prepare('SELECT max(rev) AS rev FROM kv').get()?.['rev'] ?? 0);
  return newest <= state.source_revision && readFacts(database).revision === state.revision;
}
