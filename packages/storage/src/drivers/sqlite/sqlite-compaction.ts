import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** How much one step may do: whichever is reached first. */
export interface StepBounds {
  /** Changes looked at. */
  changes: number;
  /** Bytes of values removed. */
  bytes: number;
  /** Milliseconds spent before committing. */
  ms: number;
  /** Pages moved to shorten the file. */
  pages: number;
}

const defaultBounds: StepBounds = { changes: 500, bytes: 8 * 1024 * 1024, ms: 5, pages: 64 };

interface SweptChange {
  rev: number;
  key: string;
  prev_rev: number;
  deleted: number;
}

/**
 * Removes history from the file and gives room back, in steps that are short whatever the size of the values: each is one
 * SQLite transaction, and writers get their turn between two. Each change up to the compacted revision makes its
 * predecessor superfluous, and a deletion itself as well; `swept` in `meta` remembers how far the walk has come, so that
 * a restart goes on where it stopped. Steps are not synced by themselves: what a crash loses of them is done again.
 */
export class SqliteCompaction {
  readonly #database: DatabaseSync;
  readonly #bounds: StepBounds;
  readonly #now: () => number;
  readonly #state: StatementSync;
  readonly #changes: StatementSync;
  readonly #sizeAt: StatementSync;
  readonly #drop: StatementSync;
  readonly #dropDeleted: StatementSync;
  readonly #setSwept: StatementSync;
  readonly #pages: StatementSync;
  #shrinking = false;

  /** `now` in milliseconds, monotonic. */
  constructor(database: DatabaseSync, bounds: Partial<StepBounds> = {}, now: () => number = () => performance.now()) {
    this.#database = database;
    this.#bounds = { ...defaultBounds, ...bounds };
    this.#now = now;
    this.#state = database.prepare(
      "SELECT (SELECT value FROM meta WHERE name = 'compacted') AS compacted, (SELECT value FROM meta WHERE name = 'swept') AS swept",
    );
    this.#changes = database.prepare(
      // `typeof` looks at a row's header only, where `IS NULL` would read the whole value.
      "SELECT rev, key, prev_rev, typeof(value) = 'null' AS deleted FROM kv WHERE rev > ? AND rev <= ? ORDER BY rev LIMIT ?",
    );
    this.#sizeAt = database.prepare('SELECT length(value) AS bytes FROM kv WHERE rev = ?');
    this.#drop = database.prepare('DELETE FROM kv WHERE rev = ?');
    this.#dropDeleted = database.prepare('DELETE FROM cur WHERE key = ? AND rev = ?');
    this.#setSwept = database.prepare("UPDATE meta SET value = ? WHERE name = 'swept'");
    this.#pages = database.prepare(
      'SELECT f.freelist_count AS free, p.page_count AS pages, v.auto_vacuum AS mode FROM pragma_freelist_count f, pragma_page_count p, pragma_auto_vacuum v',
    );
  }

  /** Removes one step's worth; false when nothing is left to remove. Throws what SQLite throws, after rolling back. */
  sweep(): boolean {
    const { compacted, swept } = this.#state.get() as { compacted: number; swept: number };
    if (swept >= compacted) return false;
    this.#unsynced(() => this.#transaction(() => this.#sweepFrom(swept, compacted)));
    return true;
  }

  /**
   * Moves some pages from the end of the file into free ones; false when not more than a third of the file is free, or
   * when it was made without the means for it. Once begun it goes on until not more than a fifth is free, so that it does
   * not take away what the next writes need.
   */
  shrink(): boolean {
    const { free, pages, mode } = this.#pages.get() as { free: number; pages: number; mode: number };
    this.#shrinking = mode === 2 && free > this.#bounds.pages && free > pages / (this.#shrinking ? 5 : 3);
    if (this.#shrinking) this.#unsynced(() => this.#database.exec(`PRAGMA incremental_vacuum(${this.#bounds.pages})`));
    return this.#shrinking;
  }

  #sweepFrom(swept: number, compacted: number): void {
    const { bytes: maxBytes, changes: maxChanges, ms } = this.#bounds;
    const deadline = this.#now() + ms;
    const changes = this.#changes.all(swept, compacted, maxChanges) as unknown as SweptChange[];
    let upTo = changes.length < maxChanges ? compacted : (changes.at(-1)?.rev ?? compacted);
    let bytes = 0;
    for (const change of changes) {
      bytes += this.#remove(change);
      if (change.rev === upTo || (bytes < maxBytes && this.#now() < deadline)) continue;
      upTo = change.rev;
      break;
    }
    this.#setSwept.run(upTo);
  }

  /** What a change made superfluous; its bytes. */
  #remove({ rev, key, prev_rev, deleted }: SweptChange): number {
    let bytes = 0;
    if (prev_rev !== 0) {
      bytes = (this.#sizeAt.get(prev_rev) as { bytes: number | null } | undefined)?.bytes ?? 0;
      this.#drop.run(prev_rev);
    }
    if (deleted === 1) {
      this.#drop.run(rev);
      this.#dropDeleted.run(key, rev);
    }
    return bytes;
  }

  #transaction(work: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** A later synced commit makes durable what was committed before it, so the order is kept. */
  #unsynced(work: () => void): void {
    this.#database.exec('PRAGMA synchronous=NORMAL');
    try {
      work();
    } finally {
      this.#database.exec('PRAGMA synchronous=FULL');
    }
  }
}
