import { DatabaseSync } from 'node:sqlite';
import { messageOf, StorageError } from '../../storage-error.ts';

/**
 * Keeps other processes off a database: a lock of the operating system, which a crash releases, on a small SQLite file
 * beside it. The holder keeps a write transaction open there, under which others can still read its process id.
 */
export class DatabaseLock {
  readonly #database: DatabaseSync;

  private constructor(database: DatabaseSync) {
    this.#database = database;
  }

  static pathFor(path: string): string {
    return `${path}-lock`;
  }

  /** Throws `StorageFailed` at once when another process, or another store of this one, holds the lock. */
  static acquire(path: string): DatabaseLock {
    const lockPath = DatabaseLock.pathFor(path);
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(lockPath);
      database.exec('PRAGMA synchronous=OFF');
      writeHolder(database);
      return new DatabaseLock(database);
    } catch (error) {
      const holder = database === undefined ? undefined : readHolder(database);
      database?.close();
      if (isBusy(error)) {
        const message = `${path} is in use by another process (pid ${holder ?? 'unknown'})`;
        throw new StorageError(
          'StorageFailed',
          holder === process.pid ? `${path} is already open in this process (pid ${holder})` : message,
        );
      }
      throw new StorageError('StorageFailed', `cannot lock ${path} by ${lockPath}: ${messageOf(error)}`, {
        cause: error,
      });
    }
  }

  release(): void {
    this.#database.close();
  }
}

/** Leaves the database with our process id committed and a write transaction open. */
function writeHolder(database: DatabaseSync): void {
  database.exec('BEGIN IMMEDIATE');
  while (readHolder(database) !== process.pid) {
    database.exec(`PRAGMA user_version=${process.pid}; COMMIT; BEGIN IMMEDIATE`);
  }
}

function readHolder(database: DatabaseSync): number | undefined {
  try {
    return Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
  } catch {
    return undefined;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === 5;
}
