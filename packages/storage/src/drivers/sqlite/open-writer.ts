import type { WriterOptions } from './batch-wire.ts';
import { SqliteCompaction } from './sqlite-compaction.ts';
import { SqliteWriter } from './sqlite-writer.ts';

/** Primary result code of a full disk (https://www.sqlite.org/rescode.html#full). */
const sqliteFull = 13;

interface Opened {
  writer: SqliteWriter;
  compaction: SqliteCompaction;
}

/**
 * The writer's connection, opened anew after an I/O error: a disk that comes back is written again. What a failed commit
 * left behind the end of the write-ahead log is overwritten by the next one, so the store goes on from the revision
 * that its readers see.
 */
export class OpenWriter {
  readonly #options: WriterOptions;
  #opened: Opened | undefined;
  /** The newest revision that was answered. */
  #revision: number;
  #diverged = false;

  /** Throws what SQLite throws. */
  constructor(options: WriterOptions) {
    this.#options = options;
    this.#opened = open(options);
    this.#revision = this.#opened.writer.revision;
  }

  /** Throws what SQLite throws when the file cannot be opened again. */
  current(): Opened {
    if (this.#diverged) throw new Error('the file has changes that were never answered; restart to go on from them');
    if (this.#opened !== undefined) return this.#opened;
    const opened = open(this.#options);
    this.#diverged = opened.writer.revision !== this.#revision;
    this.#opened = opened;
    return this.current();
  }

  /** Closes the connection; the next call of {@link current} opens another. */
  drop(): void {
    if (this.#opened === undefined) return;
    this.#revision = this.#opened.writer.revision;
    try {
      this.#opened.writer.database.close();
    } catch {
      // The file may be out of reach altogether; its descriptors go with the connection.
    }
    this.#opened = undefined;
  }

  /** Whether the file has a batch after all whose callers were told that it failed: nobody was told of its changes. */
  hasDiverged(): boolean {
    try {
      this.current();
    } catch {
      // Still out of reach: the next batch finds out.
    }
    return this.#diverged;
  }
}

function open(options: WriterOptions): Opened {
  const writer = new SqliteWriter(options);
  return { writer, compaction: new SqliteCompaction(writer.database) };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function isFull(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === sqliteFull;
}
