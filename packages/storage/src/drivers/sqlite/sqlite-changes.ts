import type { Change, Operation, Revision, StorageKey } from '../../storage.ts';
import type { LogRow } from './sqlite-reader.ts';

/** Gives the bytes that a revision wrote. */
export interface ValueSource {
  valueAt(revision: number): Uint8Array | undefined;
}

/** A change whose former value is fetched when asked for. */
export class SqliteChange implements Change {
  readonly type: 'put' | 'delete';
  readonly key: StorageKey;
  readonly revision: Revision;
  readonly value: Uint8Array | undefined;
  readonly createRevision: Revision;
  readonly previousRevision: Revision | 0;
  readonly #source: ValueSource;

  constructor(
    at: { key: StorageKey; revision: number; createRevision: number; previousRevision: number },
    value: Uint8Array | undefined,
    source: ValueSource,
  ) {
    this.type = value === undefined ? 'delete' : 'put';
    this.key = at.key;
    this.revision = at.revision as Revision;
    this.value = value;
    this.createRevision = at.createRevision as Revision;
    this.previousRevision = at.previousRevision as Revision | 0;
    this.#source = source;
  }

  get previous(): Uint8Array | undefined {
    return this.previousRevision === 0 ? undefined : this.#source.valueAt(this.previousRevision);
  }
}

/** The change that an operation made. */
export function changeOf(
  operation: Operation,
  at: { revision: number; createRevision: number; previousRevision: number },
  source: ValueSource,
): SqliteChange {
  return new SqliteChange(
    { key: operation.key, ...at },
    operation.type === 'put' ? operation.value : undefined,
    source,
  );
}

/** The change that a row of the log records. */
export function changeOfRow(row: LogRow, source: ValueSource): SqliteChange {
  const created = row.value !== null && row.create_rev === row.rev;
  const previousRevision = created ? 0 : row.prev_rev;
  return new SqliteChange(
    { key: row.key, revision: row.rev, createRevision: row.create_rev, previousRevision },
    row.value ?? undefined,
    source,
  );
}
