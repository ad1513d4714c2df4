import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Changes looked at in one slice: a few milliseconds of work. */
const sliceSize = 500;

/**
 * Removes history from the file, a slice of the log per SQLite transaction so that writers get their turn between two.
 * Each change up to the compacted revision makes its predecessor superfluous, and a deletion itself as well; `swept`
 * in `meta` remembers how far the walk has come, so that a restart goes on where it stopped.
 */
export class SqliteCompaction {
  readonly #database: DatabaseSync;
  readonly #state: StatementSync;
  readonly #changes: StatementSync;
  readonly #drop: StatementSync;
  readonly #dropDeleted: StatementSync;
  readonly #setSwept: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#state = database.prepare(
      "SELECT (SELECT value FROM meta WHERE name = 'compacted') AS compacted, (SELECT value FROM meta WHERE name = 'swept') AS swept",
    );
    this.#changes = database.prepare(
      'SELECT rev, key, prev_rev, value IS NULL AS deleted FROM kv WHERE rev > ? AND rev <= ? ORDER BY rev LIMIT ?',
    );
    this.#drop = database.prepare('DELETE FROM kv WHERE rev = ?');
    this.#dropDeleted = database.prepare('DELETE FROM cur WHERE key = ? AND rev = ?');
    this.#setSwept = database.prepare("UPDATE meta SET value = ? WHERE name = 'swept'");
  }

  /** Removes one slice; false when nothing is left to remove. Throws what SQLite throws, after rolling back. */
  slice(): boolean {
    const { compacted, swept } = this.#state.get() as { compacted: number; swept: number };
    if (swept >= compacted) return false;
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const changes = this.#changes.all(swept, compacted, sliceSize) as {
        rev: number;
        key: string;
        prev_rev: number;
        deleted: number;
      }[];
      for (const change of changes) {
        if (change.prev_rev !== 0) this.#drop.run(change.prev_rev);
        if (change.deleted === 0) continue;
        this.#drop.run(change.rev);
        this.#dropDeleted.run(change.key, change.rev);
      }
      const complete = changes.length < sliceSize;
      this.#setSwept.run(complete ? compacted : (changes.at(-1)?.rev ?? compacted));
      this.#database.exec('COMMIT');
      return !complete;
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}
