import { closeSync, existsSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { messageOf, StorageError } from '../../storage-error.ts';
import { DatabaseLock } from './database-lock.ts';
import { applicationId, formatVersion, schema, unfinishedPath } from './sqlite-format.ts';

export interface OpenDatabase {
  /** For reading only. */
  database: DatabaseSync;
  lock: DatabaseLock;
}

/**
 * Opens a database file, creating it when there is none. A file that is something else, is damaged where it is read
 * first, or that another version wrote, is refused and left as it is. Throws `StorageFailed`.
 */
export function openDatabase(path: string, cacheBytes: number): OpenDatabase {
  if (existsSync(unfinishedPath(path)) && !existsSync(path))
    throw new StorageError('StorageFailed', `a store is being moved to ${path}; let that be finished`);
  // No lock file: nobody has ever opened this as a database. Look first, so as to leave none beside a foreign file.
  const known = existsSync(DatabaseLock.pathFor(path));
  if (!known) checkHeader(path);
  const lock = DatabaseLock.acquire(path);
  let database: DatabaseSync | undefined;
  try {
    if (!known || !isBeingMade(path)) checkHeader(path);
    checkUnfinished(path);
    database = new DatabaseSync(path, { timeout: 5000 });
    prepareDatabase(database, path);
    probe(database);
    makeReader(database, cacheBytes);
    return { database, lock };
  } catch (error) {
    database?.close();
    lock.release();
    if (error instanceof StorageError) throw error;
    throw new StorageError('StorageFailed', `cannot open ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Another connection for reading to a database that this process has opened. Throws `StorageFailed`. */
export function openAnother(path: string, cacheBytes: number): DatabaseSync {
  try {
    const database = new DatabaseSync(path, { timeout: 5000 });
    makeReader(database, cacheBytes);
    return database;
  } catch (error) {
    throw new StorageError('StorageFailed', `cannot open ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function makeReader(database: DatabaseSync, cacheBytes: number): void {
  database.exec(`PRAGMA cache_size=${-Math.ceil(cacheBytes / 1024)}; PRAGMA query_only=1`);
}

/** Judges the file by its header alone (https://www.sqlite.org/fileformat2.html#the_database_header). */
function checkHeader(path: string): void {
  const header = readHeader(path);
  if (header === undefined || header.length === 0) return;
  if (header.length < 100 || header.toString('latin1', 0, 16) !== 'SQLite format 3\0') {
    throw new StorageError('StorageFailed', `${path} is not a Canopy database (nor any SQLite database)`);
  }
  const id = header.readUInt32BE(68);
  if (id !== applicationId) {
    throw new StorageError(
      'StorageFailed',
      `${path} is not a Canopy database, but one of another application (id ${id})`,
    );
  }
  checkVersion(header.readUInt32BE(60), path);
}

/** Whether a first start was killed while it made the database: SQLite takes back what it has of that. */
function isBeingMade(path: string): boolean {
  const header = readHeader(path);
  return header?.length === 100 && header.readUInt32BE(68) === 0 && existsSync(`${path}-journal`);
}

function checkVersion(version: number, path: string): void {
  if (version === formatVersion) return;
  if (version < formatVersion) {
    throw new StorageError(
      'StorageFailed',
      `${path} has format version ${version}, which this Canopy cannot read any more; it reads version ${formatVersion}`,
    );
  }
  throw new StorageError(
    'StorageFailed',
    `${path} has format version ${version}, written by a newer Canopy; this one knows versions up to ${formatVersion}`,
  );
}

/**
 * What a crash left in the write-ahead log is looked at by a connection that cannot write: one that can would move it
 * into a damaged file when it closes, and throw it away where the file is gone (https://www.sqlite.org/wal.html).
 */
function checkUnfinished(path: string): void {
  const log = `${path}-wal`;
  if (sizeOf(log) === 0) return;
  if (sizeOf(path) === 0) {
    throw new StorageError(
      'StorageFailed',
      `${path} is missing or empty, but its log ${log} is not; put the database back, or move the log away to begin anew`,
    );
  }
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5000 });
  try {
    probe(database);
  } finally {
    database.close();
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Reads both ends of every table that is always needed, not what is between them. Throws what SQLite throws. */
function probe(database: DatabaseSync): void {
  for (const [table, column] of [
    ['kv', 'rev'],
    ['cur', 'key'],
    ['idx', 'name'],
    ['lease', 'id'],
    ['meta', 'name'],
  ])
    database.prepare(`SELECT (SELECT min(${column}) FROM ${table}), (SELECT max(${column}) FROM ${table})`).get();
}

function readHeader(path: string): Buffer | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    if (!fstatSync(file).isFile()) throw new Error('it is not a file');
    const header = Buffer.alloc(100);
    return header.subarray(0, readSync(file, header, 0, header.length, 0));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new StorageError('StorageFailed', `cannot read ${path}: ${messageOf(error)}`, { cause: error });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function prepareDatabase(database: DatabaseSync, path: string): void {
  const id = Number(database.prepare('PRAGMA application_id').get()?.['application_id']);
  if (id === applicationId) {
    database.exec('PRAGMA journal_mode=WAL');
    return;
  }
  const tables = Number(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()?.['n']);
  if (id !== 0 || tables !== 0) throw new StorageError('StorageFailed', `${path} is not a Canopy database`);
  database.exec(`PRAGMA auto_vacuum=INCREMENTAL; PRAGMA synchronous=FULL; BEGIN IMMEDIATE; ${schema}
    PRAGMA application_id=${applicationId}; PRAGMA user_version=${formatVersion}; COMMIT; PRAGMA journal_mode=WAL`);
}
