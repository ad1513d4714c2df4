import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DatabaseLock } from '../drivers/sqlite/database-lock.ts';
import { messageOf, StorageError } from '../storage-error.ts';
import { checkDatabase } from './check-database.ts';
import { copySealed, syncDirectoryOf, syncPath } from './sealed-file.ts';
import { checkFormat, type DatabaseFacts, openSnapshot, readFacts } from './snapshot.ts';

export interface RestoreOptions {
  backup: string;
  /** The database to make; its directory exists. */
  path: string;
  /** Replace a database that is there. */
  force?: boolean;
  /** Restore although the backup does not pass {@link checkDatabase}. Its checksum is compared all the same. */
  unchecked?: boolean;
  /** Distance of the restored store's revision from the highest that is known. */
  revisionJump: number;
  /** Gets the further files of the backup, under the lock and before the database is replaced. May throw to refuse. */
  installFiles?: (files: ReadonlyMap<string, Uint8Array>) => void;
}

export interface RestoreResult extends DatabaseFacts {
  /** The revision that the backup was taken at. */
  backupRevision: number;
  /** That of the database which was replaced, if it could be read. */
  replacedRevision: number | undefined;
}

/**
 * Makes a database of a backup, in one step at the end: before it everything is as it was, after it the backup is in
 * place. All history is compacted and the revision is beyond what clients may have seen, so that they list anew.
 * Throws `InvalidArgument` when there is a database already, and `StorageFailed` when a server runs on it, when the
 * backup is damaged, or for what else went wrong.
 */
export function restoreDatabase(options: RestoreOptions): RestoreResult {
  const { path } = options;
  const lock = DatabaseLock.acquire(path);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    if (existsSync(path) && options.force !== true)
      throw new StorageError('InvalidArgument', `there is a database at ${path} already; --force replaces it`);
    removeLeftovers(path);
    const replacedRevision = revisionOf(path);
    copySealed(options.backup, temporary);
    const prepared = prepare(temporary, options, replacedRevision ?? 0);
    syncPath(temporary);
    options.installFiles?.(prepared.files);
    retire(path);
    renameSync(temporary, path);
    syncDirectoryOf(path);
    return { ...prepared.facts, backupRevision: prepared.backupRevision, replacedRevision };
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw new StorageError('StorageFailed', `cannot restore ${options.backup} to ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(`${temporary}${suffix}`, { force: true });
    lock.release();
  }
}

/** What restores left that were killed: under the lock there is no other. */
function removeLeftovers(path: string): void {
  const [directory, prefix] = [dirname(path), `${basename(path)}.`];
  for (const name of readdirSync(directory)) {
    if (name.startsWith(prefix) && /^\d+\.tmp(-\w+)?$/.test(name.slice(prefix.length)))
      rmSync(join(directory, name), { force: true });
  }
}

/** Undefined when there is no database or it cannot be read, which is a reason to restore one. */
function revisionOf(path: string): number | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = openSnapshot(path);
    return readFacts(database).revision;
  } catch {
    return undefined;
  } finally {
    database?.close();
  }
}

interface Prepared {
  facts: DatabaseFacts;
  backupRevision: number;
  files: Map<string, Uint8Array>;
}

function prepare(file: string, options: RestoreOptions, replacedRevision: number): Prepared {
  requireSound(file, options);
  const database = new DatabaseSync(file);
  try {
    checkFormat(database, options.backup);
    const files = new Map(
      (database.prepare('SELECT name, content FROM backup_file').all() as { name: string; content: Uint8Array }[]).map(
        ({ name, content }) => [name, content],
      ),
    );
    const { revision: backupRevision } = readFacts(database);
    const revision = Math.max(backupRevision, replacedRevision) + options.revisionJump;
    if (!Number.isSafeInteger(revision * 2))
      throw new StorageError('InvalidArgument', `revision ${revision} leaves too little room below 2^53`);
    database.exec('PRAGMA journal_mode=DELETE; BEGIN; DROP TABLE backup_file');
    database.prepare("UPDATE meta SET value = ? WHERE name = 'compacted'").run(revision);
    // As a server opens it, which then needs no lock that somebody who reads would have to give up.
    database.exec('COMMIT; PRAGMA journal_mode=WAL');
    return { facts: readFacts(database), backupRevision, files };
  } finally {
    database.close();
  }
}

function requireSound(file: string, { backup, unchecked }: RestoreOptions): void {
  if (unchecked === true) return;
  let first: string | undefined;
  const { problems } = checkDatabase(file, {
    onProblem: ({ where, what }) => {
      first ??= `${where}: ${what}`;
    },
  });
  if (problems === 0) return;
  throw new StorageError(
    'StorageFailed',
    `${backup} has ${problems} problems, such as ${first}; canopy fsck --from tells all, --unchecked restores it nevertheless`,
  );
}

/**
 * SQLite would apply a log that is left beside the file to whatever database has its name. So the old database gets
 * what its log holds before the log goes: should the rename not happen, nothing of the old one is lost.
 */
function retire(path: string): void {
  if (existsSync(path)) {
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(path, { timeout: 5000 });
      database.exec('PRAGMA journal_mode=DELETE');
    } catch {
      // Too damaged to be opened: nothing of it can be kept.
    } finally {
      database?.close();
    }
  }
  for (const suffix of ['-wal', '-shm', '-journal']) rmSync(`${path}${suffix}`, { force: true });
}
