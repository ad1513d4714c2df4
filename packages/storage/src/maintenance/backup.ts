import { closeSync, existsSync, openSync, renameSync, rmSync, statSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { messageOf, StorageError } from '../storage-error.ts';
import { checkDatabase } from './check-database.ts';
import { seal, syncDirectoryOf } from './sealed-file.ts';
import { type DatabaseFacts, openSnapshot, readFacts } from './snapshot.ts';

export interface BackupOptions {
  /** The database; a server may be running on it. */
  path: string;
  /** The file to make. */
  target: string;
  /** Further files that belong to the server, by name, kept inside the backup. */
  files?: ReadonlyMap<string, Uint8Array>;
  /** Replace the target when it exists. */
  force?: boolean;
  /** Leave out the check of what was copied. */
  unchecked?: boolean;
  /** Pages of 4 KiB that are left and that there are. */
  onProgress?: (remaining: number, total: number) => void;
  /** Ends the backup; nothing stays behind. */
  signal?: AbortSignal;
}

export interface BackupResult extends DatabaseFacts {
  bytes: number;
  /** Of everything before the seal, in hexadecimal. */
  sha256: string;
}

/** Pages copied at a time: a mebibyte, after which others get their turn. */
const pagesPerStep = 256;

/** The tables that a backup has besides those of a database. */
export const backupTables = 'CREATE TABLE backup_file (name TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID';

/**
 * Copies one snapshot of a database to `target`: complete and durable, or not at all. Takes no lock that a writer would
 * wait for, and memory that does not depend on the size. Rejects with `InvalidArgument` when the target exists and with
 * `StorageFailed` for everything else, also when what was copied does not pass {@link checkDatabase}.
 */
export async function backupDatabase(options: BackupOptions): Promise<BackupResult> {
  const { path, target } = options;
  refuseExisting(options);
  const source = openSnapshot(path);
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    const facts = readFacts(source);
    // Made here, so that it never has any other mode.
    closeSync(openSync(temporary, 'wx', 0o600));
    await copyPages(source, temporary, options);
    addFiles(temporary, options.files ?? new Map());
    if (options.unchecked !== true) requireSound(temporary);
    const sha256 = seal(temporary);
    const bytes = statSync(temporary).size;
    refuseExisting(options);
    renameSync(temporary, target);
    syncDirectoryOf(target);
    return { ...facts, bytes, sha256 };
  } catch (error) {
    rmSync(temporary, { force: true });
    rmSync(`${temporary}-journal`, { force: true });
    if (error instanceof StorageError) throw error;
    throw new StorageError('StorageFailed', `cannot back ${path} up to ${target}: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    source.close();
  }
}

function refuseExisting({ target, force }: BackupOptions): void {
  if (force === true || !existsSync(target)) return;
  throw new StorageError('InvalidArgument', `${target} exists already; --force replaces it`);
}

async function copyPages(source: DatabaseSync, target: string, options: BackupOptions): Promise<void> {
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  // The open read transaction of the source keeps every step on the same snapshot.
  await backup(source, target, {
    rate: pagesPerStep,
    progress({ remainingPages, totalPages }) {
      signal?.throwIfAborted();
      onProgress?.(remainingPages, totalPages);
    },
  });
  signal?.throwIfAborted();
}

/** Also turns the copy into a file that stands alone: no write-ahead log beside it. */
function addFiles(file: string, files: ReadonlyMap<string, Uint8Array>): void {
  const database = new DatabaseSync(file);
  try {
    database.exec(`PRAGMA journal_mode=DELETE; PRAGMA synchronous=OFF; BEGIN; ${backupTables}`);
    const insert = database.prepare('INSERT INTO backup_file (name, content) VALUES (?, ?)');
    for (const [name, content] of files) insert.run(name, content);
    database.exec('COMMIT');
  } finally {
    database.close();
  }
}

function requireSound(file: string): void {
  let first: string | undefined;
  const { problems } = checkDatabase(file, {
    onProblem: ({ where, what }) => {
      first ??= `${where}: ${what}`;
    },
  });
  if (problems === 0) return;
  throw new StorageError(
    'StorageFailed',
    `the database has ${problems} problems, such as ${first}; canopy fsck tells all, --unchecked backs it up nevertheless`,
  );
}
