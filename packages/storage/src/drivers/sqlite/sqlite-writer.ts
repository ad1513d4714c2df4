import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { type BatchMessage, request, response, type Scalar, ScalarReader, type WriterOptions } from './batch-wire.ts';
import { emptyRevision } from './sqlite-format.ts';

interface CurrentRow {
  rev: number;
  create_rev: number;
  lease: number | null;
  indexes: string | null;
}

type IndexRows = [index: string, value: string][];

/** The answer to a batch, as it goes over the wire. */
export interface BatchResult {
  items: Scalar[];
  values: Uint8Array[];
  /** Compactions that the batch asked for; their rows are still to be removed. */
  compactions: number[];
  /** The store's revision before it. */
  before: number;
}

/** Who looks after the files hears of each commit. */
export interface CommitWitness {
  /** Before the answer; what this throws is what `commit` throws, though it was made. */
  committed(): void;
  failed(error: unknown): void;
}

/** Applies batches to the database, each in one SQLite transaction. Lives in the writer thread; owns the revision counter. */
export class SqliteWriter {
  readonly database: DatabaseSync;
  readonly #sql: Statements;
  #revision: number;
  /** Per batch. */
  #out: Scalar[] = [];
  #outValues: Uint8Array[] = [];
  #compactions: number[] = [];
  #values: Uint8Array = new Uint8Array();
  #valueAt = 0;

  readonly #witness: CommitWitness;

  constructor(options: WriterOptions, witness: CommitWitness) {
    this.#witness = witness;
    this.database = openForWriting(options);
    this.#sql = prepareStatements(this.database);
    this.#revision = this.#storedRevision();
  }

  /** Of the newest change that was committed. */
  get revision(): number {
    return this.#revision;
  }

  /** All of them or none. Throws what SQLite throws, after rolling everything back, and what the witness throws. */
  commit(batches: readonly BatchMessage[]): BatchResult[] {
    const before = this.#revision;
    let results: BatchResult[];
    try {
      this.#sql.begin.run();
      results = batches.map((batch) => this.#applyAll(batch));
      this.#sql.commit.run();
    } catch (error) {
      this.#revision = before;
      this.#witness.failed(error);
      if (this.database.isTransaction) this.#sql.rollback.run();
      throw error;
    }
    this.#witness.committed();
    return results;
  }

  #applyAll(batch: BatchMessage): BatchResult {
    const before = this.#revision;
    const reader = new ScalarReader(batch.items);
    this.#out = [];
    this.#outValues = [];
    this.#compactions = [];
    this.#values = batch.values;
    this.#valueAt = 0;
    for (let i = 0; i < batch.count; i++) this.#apply(reader);
    return { items: this.#out, values: this.#outValues, compactions: this.#compactions, before };
  }

  #apply(reader: ScalarReader): void {
    switch (reader.number()) {
      case request.transact:
        this.#transact(reader);
        return;
      case request.grant:
        this.#grant(reader.number(), reader.number());
        return;
      case request.revoke:
        this.#revoke(reader.number());
        return;
      case request.keepAlive:
        this.#keepAlive(reader.number(), reader.number());
        return;
      case request.sweep:
        this.#sweep(reader.number());
        return;
      case request.compact:
        this.#compact(reader.number());
        return;
      default:
        throw new Error('unknown request');
    }
  }

  #transact(reader: ScalarReader): void {
    const compareCount = reader.number();
    const compared = new Map<string, CurrentRow | undefined>();
    let refused: { at: number; row: CurrentRow | undefined } | undefined;
    let creates = false;
    for (let i = 0; i < compareCount; i++) {
      const key = reader.string();
      const modRevision = reader.number();
      if (refused !== undefined) continue;
      const row = this.#current(key);
      compared.set(key, row);
      if (liveRevision(row) !== modRevision) refused = { at: i, row };
      else if (modRevision === 0) creates = true;
    }
    const operationCount = reader.number();
    const operations: WireOperation[] = [];
    for (let i = 0; i < operationCount; i++) operations.push(this.#readOperation(reader));
    if (refused !== undefined) {
      this.#refuse(refused.at, refused.row);
      return;
    }
    for (const { lease } of operations) {
      if (lease !== 0 && this.#sql.leaseExists.get(lease) === undefined) {
        this.#fail('LeaseNotFound', `no lease ${lease}`);
        return;
      }
    }
    this.#out.push(response.applied, operationCount);
    for (const operation of operations) {
      const { key, value, unmet } = operation;
      if (unmet) {
        this.#out.push(0, 0, 0);
        continue;
      }
      const known = compared.has(key);
      // What is written beside something new is mostly new as well: then there is nothing to look up.
      if (creates && !known && value !== undefined && this.#putNew(operation, value)) continue;
      const row = known ? compared.get(key) : this.#current(key);
      if (value === undefined) this.#delete(key, row);
      else this.#put(operation, value, row);
    }
  }

  #readOperation(reader: ScalarReader): WireOperation {
    const key = reader.string();
    const length = reader.number();
    const lease = reader.number();
    const indexes = reader.string();
    if (length === -1) return { key, value: undefined, lease, indexes, unmet: false };
    const unmet = length < 0 && this.#sql.carries.get(reader.string(), reader.string()) === undefined;
    const bytes = length < 0 ? -2 - length : length;
    const value = this.#values.subarray(this.#valueAt, this.#valueAt + bytes);
    this.#valueAt += bytes;
    return { key, value, lease, indexes, unmet };
  }

  /** False where the key has a row, of an object or of its deletion: nothing was written. */
  #putNew({ key, lease, indexes }: WireOperation, value: Uint8Array): boolean {
    const revision = this.#revision + 1;
    const { changes } = this.#sql.addCurrent.run(key, revision, revision, lease || null, indexes || null);
    if (changes === 0) return false;
    this.#revision = revision;
    this.#replaceIndexes(key, '', indexes);
    this.#sql.append.run(revision, key, revision, 0, value);
    this.#out.push(revision, revision, 0);
    return true;
  }

  #put(operation: WireOperation, value: Uint8Array, row: CurrentRow | undefined): void {
    const { key, indexes } = operation;
    const revision = ++this.#revision;
    const previous = liveRevision(row);
    const createRevision = previous === 0 ? revision : (row as CurrentRow).create_rev;
    const formerIndexes = row?.indexes ?? '';
    if (formerIndexes !== indexes) this.#replaceIndexes(key, formerIndexes, indexes);
    this.#sql.append.run(revision, key, createRevision, row?.rev ?? 0, value);
    this.#sql.setCurrent.run(key, revision, createRevision, operation.lease || null, indexes || null);
    this.#out.push(revision, createRevision, previous);
  }

  #delete(key: string, row: CurrentRow | undefined): void {
    const previous = liveRevision(row);
    if (row === undefined || previous === 0) {
      this.#out.push(0, 0, 0);
      return;
    }
    const revision = ++this.#revision;
    if (row.indexes !== null) this.#replaceIndexes(key, row.indexes, '');
    this.#sql.append.run(revision, key, row.create_rev, row.rev, null);
    this.#sql.setCurrent.run(key, revision, 0, null, null);
    this.#out.push(revision, row.create_rev, previous);
  }

  #replaceIndexes(key: string, before: string, after: string): void {
    if (before !== '')
      for (const [index, value] of JSON.parse(before) as IndexRows) this.#sql.removeIndex.run(index, value, key);
    if (after !== '')
      for (const [index, value] of JSON.parse(after) as IndexRows) this.#sql.addIndex.run(index, value, key);
  }

  #refuse(at: number, row: CurrentRow | undefined): void {
    const revision = liveRevision(row);
    this.#out.push(response.refused, at, revision, row?.create_rev ?? 0);
    if (revision === 0) return;
    const found = this.#sql.valueAt.get(revision) as { value: Uint8Array } | undefined;
    this.#outValues.push(found?.value ?? new Uint8Array());
  }

  #fail(code: string, message: string): void {
    this.#out.push(response.failed, code, message);
  }

  #grant(ttlMs: number, now: number): void {
    const { lastInsertRowid } = this.#sql.grant.run(ttlMs, now + ttlMs);
    this.#out.push(response.done, Number(lastInsertRowid));
  }

  #keepAlive(lease: number, now: number): void {
    const { changes } = this.#sql.keepAlive.run(now, lease, now);
    if (changes === 0) this.#fail('LeaseNotFound', `no lease ${lease}`);
    else this.#out.push(response.done, 0);
  }

  #revoke(lease: number): void {
    if (this.#sql.dropLease.run(lease).changes === 0) this.#fail('LeaseNotFound', `no lease ${lease}`);
    else this.#deleteKeysOf([lease]);
  }

  /** None lasts longer than it was granted for, though the time was set back since. */
  #sweep(now: number): void {
    this.#sql.shorten.run(now, now);
    const expired = (this.#sql.expired.all(now) as { id: number }[]).map(({ id }) => id);
    for (const id of expired) this.#sql.dropLease.run(id);
    this.#deleteKeysOf(expired);
  }

  #deleteKeysOf(leases: number[]): void {
    const keys = leases.flatMap((id) => (this.#sql.keysOfLease.all(id) as { key: string }[]).map(({ key }) => key));
    const next = this.#sql.nextExpiry.get() as { expires_ms: number | null };
    this.#out.push(response.deleted, next.expires_ms ?? 0, keys.length);
    for (const key of keys) {
      this.#out.push(key);
      this.#delete(key, this.#current(key));
    }
  }

  #compact(revision: number): void {
    this.#sql.setCompacted.run(revision);
    this.#compactions.push(revision);
    this.#out.push(response.done, 0);
  }

  #current(key: string): CurrentRow | undefined {
    return this.#sql.current.get(key) as CurrentRow | undefined;
  }

  #storedRevision(): number {
    const row = this.database
      .prepare(
        "SELECT max(ifnull((SELECT max(rev) FROM kv), 0), (SELECT value FROM meta WHERE name = 'compacted')) AS rev",
      )
      .get();
    return Math.max(Number(row?.['rev']), emptyRevision);
  }
}

interface WireOperation {
  key: string;
  /** Undefined for a delete. */
  value: Uint8Array | undefined;
  lease: number;
  /** JSON of the index rows, or ''. */
  indexes: string;
  /** Nothing happens to the key. */
  unmet: boolean;
}

function liveRevision(row: CurrentRow | undefined): number {
  return row === undefined || row.create_rev === 0 ? 0 : row.rev;
}

/**
 * Pages (4 KiB) after which the commit that reaches them copies the log into the file. Few, because that commit and those
 * behind it wait meanwhile.
 */
const checkpointPages = 1000;

function openForWriting(options: WriterOptions): DatabaseSync {
  const database = new DatabaseSync(options.path, { timeout: 5000 });
  database.exec(`PRAGMA synchronous=FULL; PRAGMA cache_size=${-Math.ceil(options.cacheBytes / 1024)};
    PRAGMA wal_autocheckpoint=${checkpointPages}; PRAGMA journal_size_limit=67108864; PRAGMA temp_store=MEMORY;`);
  if (options.maxPageCount > 0) database.exec(`PRAGMA max_page_count=${options.maxPageCount}`);
  return database;
}

type Statements = Record<keyof ReturnType<typeof statementTexts>, StatementSync>;

function statementTexts() {
  return {
    begin: 'BEGIN IMMEDIATE',
    commit: 'COMMIT',
    rollback: 'ROLLBACK',
    current: 'SELECT rev, create_rev, lease, indexes FROM cur WHERE key = ?',
    valueAt: 'SELECT value FROM kv WHERE rev = ?',
    append: 'INSERT INTO kv (rev, key, create_rev, prev_rev, value) VALUES (?, ?, ?, ?, ?)',
    addCurrent: 'INSERT OR IGNORE INTO cur (key, rev, create_rev, lease, indexes) VALUES (?, ?, ?, ?, ?)',
    setCurrent: 'REPLACE INTO cur (key, rev, create_rev, lease, indexes) VALUES (?, ?, ?, ?, ?)',
    removeIndex: 'DELETE FROM idx WHERE name = ? AND value = ? AND key = ?',
    addIndex: 'INSERT OR IGNORE INTO idx (name, value, key) VALUES (?, ?, ?)',
    carries: 'SELECT 1 FROM idx WHERE name = ? AND value = ? LIMIT 1',
    leaseExists: 'SELECT id FROM lease WHERE id = ?',
    grant: 'INSERT INTO lease (ttl_ms, expires_ms) VALUES (?, ?)',
    keepAlive: 'UPDATE lease SET expires_ms = ttl_ms + ? WHERE id = ? AND expires_ms > ?',
    shorten: 'UPDATE lease SET expires_ms = ttl_ms + ? WHERE expires_ms > ttl_ms + ?',
    dropLease: 'DELETE FROM lease WHERE id = ?',
    expired: 'SELECT id FROM lease WHERE expires_ms <= ? ORDER BY expires_ms LIMIT 100',
    nextExpiry: 'SELECT min(expires_ms) AS expires_ms FROM lease',
    keysOfLease: 'SELECT key FROM cur WHERE lease = ? ORDER BY key',
    setCompacted: "UPDATE meta SET value = max(value, ?) WHERE name = 'compacted'",
  };
}

function prepareStatements(database: DatabaseSync): Statements {
  const prepared = Object.entries(statementTexts()).map(([name, text]) => [name, database.prepare(text)]);
  return Object.fromEntries(prepared) as Statements;
}
