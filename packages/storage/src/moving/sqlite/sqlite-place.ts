import { existsSync, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { DatabaseLock } from '../../drivers/sqlite/database-lock.ts';
import { unfinishedPath } from '../../drivers/sqlite/sqlite-format.ts';
import { openSnapshot } from '../../maintenance/snapshot.ts';
import { StorageError } from '../../storage-error.ts';
import type { KnownMove, StorePlace } from '../store-place.ts';
import { SqliteExport } from './sqlite-export.ts';
import { isUntouched, readMovedRow, SqliteImport } from './sqlite-import.ts';

/** A database file; its directory exists. */
export function sqlitePlace(path: string): StorePlace {
  return {
    name: path,
    extent: async () => ({ names: [path, unfinishedPath(path)].flatMap(fileName), revision: 0 }),
    openExport: async (revision) => SqliteExport.open(path, revision),
    async knownMove() {
      // Without that file nobody has ever used it, and what is there may be somebody else's.
      if (existsSync(DatabaseLock.pathFor(path))) DatabaseLock.acquire(path).release();
      return existsSync(path) ? finishedMove(path) : unfinishedMove(unfinishedPath(path));
    },
    openImport: async (from, revisionJump) => SqliteImport.open(path, from, revisionJump),
  };
}

/** Of a file that is there, the same by whatever path. */
function fileName(path: string): string[] {
  if (!existsSync(path)) return [];
  const { dev, ino } = statSync(path, { bigint: true });
  return [`file:${dev}:${ino}/`];
}

function finishedMove(path: string): KnownMove {
  const database = openSnapshot(path);
  try {
    const row = readMovedRow(database);
    if (row === undefined || !isUntouched(database, row))
      throw new StorageError('InvalidArgument', `there is a database at ${path} already`);
    return { source: row.source, revision: row.source_revision, finished: true };
  } finally {
    database.close();
  }
}

function unfinishedMove(file: string): KnownMove | undefined {
  if (!existsSync(file)) return undefined;
  const database = new DatabaseSync(file);
  try {
    const row = readMovedRow(database);
    return row && { source: row.source, revision: row.source_revision, finished: false };
  } finally {
    database.close();
  }
}
