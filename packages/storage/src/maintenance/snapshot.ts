import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { applicationId, emptyRevision, formatVersion } from '../drivers/sqlite/sqlite-format.ts';
import { messageOf, StorageError } from '../storage-error.ts';

/** What a database file says of itself. */
export interface DatabaseFacts {
  revision: number;
  /** History is gone up to this revision; 0 when nothing was compacted. */
  compacted: number;
  /** Keys that are not deleted. */
  objects: number;
}

const cacheKibibytes = 8192;

/**
 * Opens a Canopy database for reading, whether a server runs on it or not, and pins what is committed now: every later
 * read of the connection sees that and nothing newer. Writers go on; SQLite's log cannot shrink until it is closed.
 * No file is opened here but by SQLite: closing a descriptor of one's own would drop the locks of a store in this process.
 * Throws `StorageFailed`.
 */
export function openSnapshot(path: string): DatabaseSync {
  if (!existsSync(path)) throw new StorageError('StorageFailed', `there is no database at ${path}`);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
    checkFormat(database, path);
    database.exec(`PRAGMA cache_size=${-cacheKibibytes}; BEGIN`);
    database.prepare('SELECT count(*) FROM meta').get();
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof StorageError) throw error;
    throw new StorageError('StorageFailed', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Throws `StorageFailed` for what another application, or a newer version of this one, wrote. */
export function checkFormat(database: DatabaseSync, path: string): void {
  const id = Number(database.prepare('PRAGMA application_id').get()?.['application_id']);
  if (id !== applicationId) throw new StorageError('StorageFailed', `${path} is not a Canopy database`);
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  if (version > formatVersion) {
    throw new StorageError(
      'StorageFailed',
      `${path} has format version ${version}, written by a newer Canopy; this one knows versions up to ${formatVersion}`,
    );
  }
}

export function readFacts(database: DatabaseSync): DatabaseFacts {
  const row = database
    .prepare(
      `SELECT (SELECT max(rev) FROM kv) AS newest, (SELECT value FROM meta WHERE name = 'compacted') AS compacted,
       (SELECT count(*) FROM cur WHERE create_rev > 0) AS objects`,
    )
    .get();
  const compacted = Number(row?.['compacted'] ?? 0);
  return {
    revision: Math.max(Number(row?.['newest'] ?? 0), compacted, emptyRevision),
    compacted,
    objects: Number(row?.['objects']),
  };
}
