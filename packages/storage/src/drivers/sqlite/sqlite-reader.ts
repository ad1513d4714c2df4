import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { RevisionWindow } from '../../argument-checks.ts';
import { prefixEnd, rangeStart } from '../../key-order.ts';
import type {
  Change,
  IndexRangeOptions,
  KeyValue,
  RangeOptions,
  RangeResult,
  Revision,
  StorageKey,
} from '../../storage.ts';
import { StorageError } from '../../storage-error.ts';
import type { CurrentObjects } from './current-objects.ts';
import { emptyRevision } from './sqlite-format.ts';
import type { StoreRevisions } from './store-revisions.ts';
import type { ValueCache } from './value-cache.ts';

/** A row of `cur`, as an array: node:sqlite builds these faster than objects. */
type ItemRow = [key: StorageKey, rev: Revision, createRevision: Revision];

/** A key with its newest version. */
type NewestRow = [key: StorageKey, rev: Revision, createRevision: Revision, value: Uint8Array | null];

/** A row of the log. `value` null is a deletion. */
export interface LogRow {
  rev: Revision;
  key: StorageKey;
  create_rev: Revision;
  prev_rev: number;
  value: Uint8Array | null;
}

type VersionRow = Pick<LogRow, 'rev' | 'create_rev' | 'prev_rev' | 'value'>;

/** Greater than every text: SQLite orders all blobs after all texts. */
const afterAllText = new Uint8Array([0xff]);

const noLimit = Number.MAX_SAFE_INTEGER;

/** One range adds at most this share of the cache to it, lest a long list displaces everything else. */
const cachedRangeBytes = 2 * 1024 * 1024;

/**
 * All reads, on the main thread's own connection. The reads of one turn of the event loop share one snapshot (an open
 * read transaction), which spares each statement the locks of its own; {@link refresh} ends it when the writer has
 * committed something that somebody is about to be told of.
 */
export class SqliteReader {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();
  readonly #get: StatementSync;
  readonly #begin: StatementSync;
  readonly #end: StatementSync;
  readonly #newest: StatementSync;
  readonly #valueAt: StatementSync;
  readonly #values: ValueCache;
  readonly #current: CurrentObjects;
  #inSnapshot = false;
  /** The newest revision of the snapshot. */
  #snapshot = 0;
  /** The newest revision that followers, and so caches, have heard of. */
  #told: number;
  /** The snapshot has what followers have not heard of yet: reads go back to what they have. */
  #ahead = false;
  readonly #revisions: StoreRevisions;

  constructor(
    database: DatabaseSync,
    { values, current, revisions }: { values: ValueCache; current: CurrentObjects; revisions: StoreRevisions },
  ) {
    this.#database = database;
    this.#values = values;
    this.#current = current;
    this.#begin = database.prepare('BEGIN');
    this.#end = database.prepare('COMMIT');
    this.#newest = database.prepare('SELECT max(rev) AS rev FROM kv');
    this.#valueAt = database.prepare('SELECT value FROM kv WHERE rev = ?');
    this.#get = database.prepare('SELECT rev, create_rev FROM cur WHERE key = ?');
    this.#get.setReturnArrays(true);
    this.#revisions = revisions;
    revisions.raiseCompacted(
      Number(database.prepare("SELECT value FROM meta WHERE name = 'compacted'").get()?.['value']),
    );
    this.#told = this.#newestRevision();
  }

  /** History is gone up to here, or is about to be: never less than what the file says. */
  get compacted(): number {
    return this.#revisions.compacted;
  }

  window(): RevisionWindow {
    return { current: this.currentRevision(), compacted: this.compacted };
  }

  currentRevision(): Revision {
    if (this.#ahead) return this.#told as Revision;
    return (this.#inSnapshot ? Math.max(this.#snapshot, this.compacted) : this.#newestRevision()) as Revision;
  }

  #newestRevision(): number {
    const { rev } = this.#newest.get() as { rev: number | null };
    return Math.max(rev ?? 0, this.compacted, emptyRevision);
  }

  /** Followers are about to hear of everything up to `revision`, by these changes: later reads see that, and nothing later. */
  tell(revision: number, changes: readonly Change[]): void {
    this.#current.apply(changes);
    this.#told = Math.max(this.#told, revision);
    this.refresh();
  }

  /** Ends the snapshot. */
  refresh(): void {
    if (!this.#inSnapshot) return;
    this.#inSnapshot = false;
    this.#end.run();
  }

  /** To be called before the first statement of a read. */
  enter(): void {
    if (this.#inSnapshot) return;
    this.#begin.run();
    this.#inSnapshot = true;
    this.#snapshot = this.#newestRevision();
    this.#ahead = this.#snapshot > this.#told;
    setImmediate(() => this.refresh());
  }

  /** The object without a look at the file; undefined when that is needed. */
  known(key: StorageKey): KeyValue | undefined {
    return this.#current.get(key);
  }

  get(key: StorageKey): KeyValue | undefined {
    const row = this.#get.get(key) as unknown as [rev: Revision, createRevision: Revision | 0] | undefined;
    if (row === undefined) return undefined;
    const [modRevision, createRevision] = row;
    const item =
      this.#ahead && modRevision > this.#told
        ? this.#versionAt(key, modRevision, this.#told)
        : createRevision === 0
          ? undefined
          : { key, value: this.valueAt(modRevision) ?? missing(modRevision), modRevision, createRevision };
    if (item !== undefined) this.#current.add(item);
    return item;
  }

  getAt(key: StorageKey, revision: number): KeyValue | undefined {
    const row = this.#prepare('SELECT rev FROM cur WHERE key = ?').get(key) as { rev: number } | undefined;
    return row === undefined ? undefined : this.#versionAt(key, row.rev, revision);
  }

  /** Newest revision. */
  range(prefix: string, options: RangeOptions): RangeResult {
    if (this.#ahead) return this.rangeAt(prefix, options, this.#told as Revision);
    const rows = this.#prepareArrays(
      'SELECT key, rev, create_rev FROM cur WHERE key >= ? AND key < ? AND create_rev > 0 ORDER BY key LIMIT ?',
    ).all(rangeStart(prefix, options.after), upperBound(prefix), sqlLimit(options.limit));
    return this.#result(rows as unknown as ItemRow[], options.limit);
  }

  /** As of `revision`: walks back from each key's newest version. What was deleted before is passed over without a look at the log. */
  rangeAt(prefix: string, options: RangeOptions, revision: Revision): RangeResult {
    const limit = options.limit ?? noLimit;
    const items: KeyValue[] = [];
    const rows = this.#prepareArrays(
      `SELECT cur.key, cur.rev, cur.create_rev, kv.value FROM cur LEFT JOIN kv ON kv.rev = cur.rev
       WHERE cur.key >= ? AND cur.key < ? AND (cur.create_rev > 0 OR cur.rev > ?) ORDER BY cur.key`,
    ).iterate(rangeStart(prefix, options.after), upperBound(prefix), revision) as Iterable<unknown>;
    for (const [key, rev, createRevision, value] of rows as Iterable<NewestRow>) {
      // Most keys have not been written since.
      const item =
        rev > revision
          ? this.#versionAt(key, rev, revision)
          : { key, value: value ?? missing(rev), modRevision: rev, createRevision };
      if (item === undefined) continue;
      if (items.length >= limit) return { items, revision, more: true };
      items.push(item);
    }
    return { items, revision, more: false };
  }

  count(prefix: string): number {
    const row = this.#prepare('SELECT count(*) AS n FROM cur WHERE key >= ? AND key < ? AND create_rev > 0').get(
      prefix,
      upperBound(prefix),
    );
    return Number(row?.['n']);
  }

  rangeIndex(index: string, value: string, options: IndexRangeOptions): RangeResult {
    const prefix = options.prefix ?? '';
    const rows = this.#prepareArrays(
      `SELECT idx.key, cur.rev, cur.create_rev FROM idx CROSS JOIN cur ON cur.key = idx.key
       WHERE idx.name = ? AND idx.value = ? AND idx.key >= ? AND idx.key < ? ORDER BY idx.key LIMIT ?`,
    ).all(index, value, rangeStart(prefix, options.after), upperBound(prefix), sqlLimit(options.limit));
    const result = this.#result(rows as unknown as ItemRow[], options.limit);
    return this.#ahead ? this.#asTold(result) : result;
  }

  /** Objects that somebody is about to hear of as they were before. */
  #asTold(result: RangeResult): RangeResult {
    const items = result.items.flatMap((item) => {
      const told = item.modRevision > this.#told ? this.#versionAt(item.key, item.modRevision, this.#told) : item;
      return told === undefined ? [] : [told];
    });
    return { ...result, items };
  }

  /** Skips from value to value instead of reading every row. */
  indexValues(index: string, valuePrefix: string, options: { limit?: number; after?: string }): string[] {
    const next = this.#prepare(
      'SELECT value FROM idx WHERE name = ? AND value >= ? AND value < ? ORDER BY value LIMIT 1',
    );
    const end = upperBound(valuePrefix);
    const values: string[] = [];
    let start = rangeStart(valuePrefix, options.after);
    while (values.length < (options.limit ?? noLimit)) {
      const row = next.get(index, start, end) as { value: string } | undefined;
      if (row === undefined) break;
      values.push(row.value);
      start = `${row.value}\u0000`;
    }
    return values;
  }

  /** The log after a revision, ascending, until `limit` rows or `maxBytes` of values are exceeded. Throws `RevisionCompacted`. */
  log(after: number, limit: number, maxBytes: number): { rows: LogRow[]; complete: boolean } {
    const { compacted } = this;
    if (after < compacted)
      throw new StorageError(
        'RevisionCompacted',
        `the changes after revision ${after} were compacted up to ${compacted}`,
      );
    const rows: LogRow[] = [];
    let bytes = 0;
    const found = this.#prepare(
      'SELECT rev, key, create_rev, prev_rev, value FROM kv WHERE rev > ? ORDER BY rev LIMIT ?',
    ).iterate(after, limit);
    for (const row of found) {
      const change = row as unknown as LogRow;
      rows.push(change);
      bytes += change.value?.byteLength ?? 0;
      if (bytes >= maxBytes) return { rows, complete: false };
    }
    return { rows, complete: rows.length < limit };
  }

  /** All changes after one revision up to another, in a snapshot that has them. Throws `RevisionCompacted`. */
  between(after: number, to: number): LogRow[] {
    this.refresh();
    const { rows } = this.log(after, noLimit, noLimit);
    const at = rows.findIndex(({ rev }) => rev > to);
    return at === -1 ? rows : rows.slice(0, at);
  }

  /** The value that a revision wrote; undefined when it was a deletion or is compacted. */
  valueAt(revision: number): Uint8Array | undefined {
    const cached = this.#values.get(revision);
    if (cached !== undefined) return cached;
    const value = this.#storedValue(revision);
    if (value !== undefined) this.#values.set(revision, value);
    return value;
  }

  /**
   * When the next lease expires, in milliseconds since the epoch; 0: there is none. One that seems to last longer than it
   * was granted for is of a time that was set back since.
   */
  nextExpiry(now: number): number {
    const statement = this.#prepare('SELECT ifnull(min(min(expires_ms, ttl_ms + ?)), 0) AS n FROM lease');
    return Number(statement.get(now)?.['n']);
  }

  #versionAt(key: StorageKey, newest: number, revision: number): KeyValue | undefined {
    const statement = this.#prepare('SELECT rev, create_rev, prev_rev, value FROM kv WHERE rev = ?');
    const skip = this.#prepare('SELECT prev_rev FROM kv WHERE rev = ?');
    let at = newest;
    while (at > revision) at = (skip.get(at) as { prev_rev: number } | undefined)?.prev_rev ?? 0;
    const row = at === 0 ? undefined : (statement.get(at) as VersionRow | undefined);
    if (row === undefined || row.value === null) return undefined;
    return { key, value: row.value, modRevision: row.rev, createRevision: row.create_rev };
  }

  #result(rows: ItemRow[], limit: number | undefined): RangeResult {
    const more = limit !== undefined && rows.length > limit;
    if (more) rows.pop();
    const values = rows.map(([, modRevision]) => this.#values.get(modRevision));
    const uncached: number[] = [];
    for (let i = 0; i < rows.length; i++) if (values[i] === undefined) uncached.push((rows[i] as ItemRow)[1]);
    const read = uncached.length === 0 ? undefined : this.#storedValues(uncached);
    const items = rows.map(([key, modRevision, createRevision], i): KeyValue => {
      const value = values[i] ?? read?.get(modRevision) ?? missing(modRevision);
      return { key, value, modRevision, createRevision };
    });
    return { items, revision: this.currentRevision(), more };
  }

  /** One statement for all of them: many of its own would take half as long again. */
  #storedValues(revisions: readonly number[]): Map<number, Uint8Array> {
    const rows = this.#prepareArrays(
      'SELECT kv.rev, kv.value FROM json_each(?) AS wanted CROSS JOIN kv ON kv.rev = wanted.value',
    ).all(JSON.stringify(revisions)) as unknown as [number, Uint8Array | null][];
    const found = new Map<number, Uint8Array>();
    let bytes = 0;
    for (const [revision, value] of rows) {
      if (value === null) continue;
      found.set(revision, value);
      bytes += value.byteLength;
      if (bytes <= cachedRangeBytes) this.#values.set(revision, value);
    }
    return found;
  }

  #storedValue(revision: number): Uint8Array | undefined {
    const row = this.#valueAt.get(revision) as { value: Uint8Array | null } | undefined;
    return row?.value ?? undefined;
  }

  #prepareArrays(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#prepare(sql);
      statement.setReturnArrays(true);
    }
    return statement;
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#database.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

function missing(revision: number): never {
  throw new StorageError('StorageFailed', `the value of revision ${revision} is missing from the database`);
}

function upperBound(prefix: string): string | Uint8Array {
  return prefixEnd(prefix) ?? afterAllText;
}

function sqlLimit(limit: number | undefined): number {
  return limit === undefined ? -1 : limit + 1;
}
