import { messageOf } from '../../storage-error.ts';
import type { WriterOptions } from './batch-wire.ts';
import { FileWitness, isDamage } from './file-witness.ts';
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
 * that its readers see. It does not go on when the files are no longer those that it began with, or are damaged: each
 * commit is answered only after a {@link look} at where their names lead.
 */
export class OpenWriter {
  readonly #options: WriterOptions;
  #opened: Opened | undefined;
  /** The newest revision that was answered. */
  #revision: number;
  /** Why it must not go on. */
  #lost: string | undefined;
  readonly #file: FileWitness;
  #log: FileWitness;

  /** Throws what SQLite throws. */
  constructor(options: WriterOptions) {
    this.#options = options;
    this.#file = new FileWitness(options.path);
    this.#log = new FileWitness(`${options.path}-wal`);
    this.#opened = this.#open();
    this.#revision = this.#opened.writer.revision;
    this.#lost = this.#file.verdict();
  }

  /** Throws what SQLite throws when the file cannot be opened again. */
  current(): Opened {
    // Opening a file that is gone would make a new one.
    if (this.#opened === undefined) this.#lost ??= this.#file.verdict();
    if (this.#lost !== undefined) throw new Error(this.#lost);
    if (this.#opened !== undefined) return this.#opened;
    const opened = this.#open();
    this.#opened = opened;
    if (opened.writer.revision !== this.#revision)
      this.#lost = 'the file has changes that were never answered; restart to go on from them';
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
    // The last connection to a database removes its log.
    this.#log = new FileWitness(`${this.#options.path}-wal`);
  }

  /** Why the files are lost; undefined: they are where they were. Throws when that cannot be told. */
  look(): string | undefined {
    this.#lost ??= this.#file.verdict() ?? (this.#opened === undefined ? undefined : this.#log.verdict());
    return this.#lost;
  }

  /**
   * Whether it cannot go on: the files are lost or damaged, or have a batch after all whose callers were told that it
   * failed, so nobody was told of its changes.
   */
  hasDiverged(): boolean {
    try {
      this.current();
    } catch {
      // Still out of reach: the next batch finds out.
    }
    return this.#lost !== undefined;
  }

  #open(): Opened {
    const writer = new SqliteWriter(this.#options, {
      committed: () => {
        const lost = this.look();
        if (lost !== undefined) throw new Error(lost);
      },
      failed: (error) => {
        if (isDamage(error)) this.#lost ??= messageOf(error);
      },
    });
    this.#log.verdict();
    return { writer, compaction: new SqliteCompaction(writer.database) };
  }
}

export function isFull(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === sqliteFull;
}
