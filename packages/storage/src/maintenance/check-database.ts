import type { DatabaseSync } from 'node:sqlite';
import { messageOf } from '../storage-error.ts';
import { type CurrentTableRow, checkCurrentRow } from './check-current.ts';
import { checkIndexRow, checkLogRow, type IndexTableRow, type LogTableRow } from './check-rows.ts';
import type { IndexRules } from './index-rules.ts';
import { openSnapshot, readFacts } from './snapshot.ts';

export interface Problem {
  /** The key, or the part of the database. */
  where: string;
  what: string;
}

export interface CheckOptions {
  onProblem: (problem: Problem) => void;
  /** Tells the index rows of an object from the object. Without it, rows are compared with what was declared at the write. */
  indexRules?: IndexRules;
}

export interface CheckResult {
  problems: number;
  revision: number;
  objects: number;
  changes: number;
  indexRows: number;
  /** Objects whose index rows were computed anew and compared in full. */
  recomputed: number;
  /** Objects of which only the general index rows could be computed. */
  partlyRecomputed: number;
}

const integrityMessages = 100;

/**
 * Looks at everything in a database and changes nothing; on a running server's it sees one snapshot. One pass over each
 * table, with memory for one row. Every problem is reported as it is found. Throws `StorageFailed` only when there is
 * no Canopy database to be looked at.
 */
export function checkDatabase(path: string, options: CheckOptions): CheckResult {
  const database = openSnapshot(path);
  try {
    return new DatabaseCheck(database, options).run();
  } finally {
    database.close();
  }
}

class DatabaseCheck {
  readonly #database: DatabaseSync;
  readonly #options: CheckOptions;
  readonly #result: CheckResult = {
    problems: 0,
    revision: 0,
    objects: 0,
    changes: 0,
    indexRows: 0,
    recomputed: 0,
    partlyRecomputed: 0,
  };

  constructor(database: DatabaseSync, options: CheckOptions) {
    this.#database = database;
    this.#options = options;
  }

  run(): CheckResult {
    this.#part('the file', () => this.#integrity());
    this.#part('meta', () => this.#meta());
    this.#part('the current keys', () => this.#current());
    this.#part('the log', () => this.#log());
    this.#part('the indexes', () => this.#indexes());
    return this.#result;
  }

  /** What SQLite cannot read is a problem like others; the other parts are looked at nevertheless. */
  #part(name: string, check: () => void): void {
    try {
      check();
    } catch (error) {
      this.#report(name, `cannot be read: ${messageOf(error)}`);
    }
  }

  #report(where: string, what: string): void {
    this.#result.problems++;
    this.#options.onProblem({ where, what });
  }

  #integrity(): void {
    const rows = this.#database.prepare(`PRAGMA integrity_check(${integrityMessages})`).all();
    for (const row of rows) {
      const message = String(row['integrity_check']);
      if (message !== 'ok') this.#report('the file', message.replaceAll('\n', ' '));
    }
  }

  #meta(): void {
    const rows = this.#database.prepare('SELECT name, value FROM meta').all() as { name: string; value: number }[];
    const meta = new Map(rows.map(({ name, value }) => [name, value]));
    const [compacted, swept] = [meta.get('compacted'), meta.get('swept')];
    if (compacted === undefined || swept === undefined || !(swept >= 0 && swept <= compacted))
      this.#report('meta', `compacted is ${compacted} and swept ${swept}; the second must not exceed the first`);
    const lease = this.#database
      .prepare(
        "SELECT (SELECT max(id) FROM lease) AS id, (SELECT seq FROM sqlite_sequence WHERE name = 'lease') AS seq",
      )
      .get() as { id: number | null; seq: number | null };
    if ((lease.id ?? 0) > (lease.seq ?? 0))
      this.#report('lease', `the next lease would be ${(lease.seq ?? 0) + 1}, but ${lease.id} exists`);
    this.#result.revision = readFacts(this.#database).revision;
  }

  #current(): void {
    const { indexRules } = this.#options;
    const hasIndexRow = this.#database.prepare('SELECT 1 FROM idx WHERE name = ? AND value = ? AND key = ?');
    const rows = this.#database
      .prepare(
        `SELECT cur.key, cur.rev, cur.create_rev, cur.lease, cur.indexes, kv.key AS log_key,
         kv.create_rev AS log_create_rev, kv.value, lease.id AS lease_id
         FROM cur LEFT JOIN kv ON kv.rev = cur.rev LEFT JOIN lease ON lease.id = cur.lease ORDER BY cur.key`,
      )
      .iterate();
    for (const entry of rows) {
      const row = entry as unknown as CurrentTableRow;
      if (row.create_rev > 0) this.#result.objects++;
      const depth = checkCurrentRow(row, {
        indexRules,
        hasIndexRow: (name, value) => hasIndexRow.get(name, value, row.key) !== undefined,
        report: (what) => this.#report(row.key, what),
      });
      if (depth === 'full') this.#result.recomputed++;
      else if (depth === 'part') this.#result.partlyRecomputed++;
    }
  }

  #log(): void {
    const meta = this.#database.prepare("SELECT value FROM meta WHERE name = 'compacted'").get();
    const compacted = Number(meta?.['value'] ?? 0);
    const rows = this.#database
      .prepare(
        `SELECT kv.rev, kv.key, kv.create_rev, kv.prev_rev, cur.rev AS current_rev, before.key AS previous_key,
         CASE WHEN kv.rev = cur.rev THEN NULL ELSE kv.value END AS value
         FROM kv LEFT JOIN cur ON cur.key = kv.key LEFT JOIN kv AS before ON before.rev = kv.prev_rev ORDER BY kv.rev`,
      )
      .iterate();
    for (const entry of rows) {
      const row = entry as unknown as LogTableRow;
      this.#result.changes++;
      checkLogRow(row, compacted, (what) => this.#report(row.key, what));
    }
  }

  #indexes(): void {
    const rows = this.#database
      .prepare(
        `SELECT idx.name, idx.value, idx.key, cur.create_rev, cur.indexes
         FROM idx LEFT JOIN cur ON cur.key = idx.key ORDER BY idx.name, idx.value, idx.key`,
      )
      .iterate();
    for (const entry of rows) {
      const row = entry as unknown as IndexTableRow;
      this.#result.indexRows++;
      checkIndexRow(row, (what) => this.#report(row.key, what));
    }
  }
}
