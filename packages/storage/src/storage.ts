/**
 * The store's semantics, etcd's in essence: ordered keys, one global revision, compare-and-swap transactions, range at
 * a revision, a change log that can be followed from any uncompacted revision, compaction, leases; plus secondary index
 * rows that are written in the same transaction as the object they point to.
 */

declare const storageKeyBrand: unique symbol;
declare const revisionBrand: unique symbol;

/** A full key such as `/r/core/configmaps/2x8v…/default/settings`. Minted by `objectKey` and `objectPrefix` only. */
export type StorageKey = string & { readonly [storageKeyBrand]: true };

/** The store's global revision: a positive integer, below 2^53. Each change has its own, strictly increasing. */
export type Revision = number & { readonly [revisionBrand]: true };

export type LeaseId = number;

/** A row of a secondary index: the object is found by `rangeIndex(index, value)`. */
export interface IndexEntry {
  index: string;
  value: string;
}

export interface KeyValue {
  key: StorageKey;
  /** The bytes as they were put. Never mutate them: they are shared by every reader. */
  value: Uint8Array;
  /** Revision of the last change of this key. */
  modRevision: Revision;
  /** Revision at which this key was created (again). */
  createRevision: Revision;
}

export interface RangeOptions {
  /** At most this many items; `more` tells whether there were others. */
  limit?: number;
  /** Return only keys strictly greater than this one. */
  after?: string;
  /** Read as of this revision; fails with `RevisionCompacted` or `RevisionInFuture`. Default: newest. */
  revision?: Revision;
}

export interface RangeResult {
  items: KeyValue[];
  /** The revision of this consistent snapshot: what a list answers as its resourceVersion. */
  revision: Revision;
  more: boolean;
}

export interface IndexRangeOptions {
  limit?: number;
  /** Return only objects whose key is strictly greater than this one. */
  after?: string;
  /** Only objects below this key prefix. */
  prefix?: string;
}

/** What must hold of a key for a transaction to be applied: its modRevision, or 0 for "must not exist". */
export interface Compare {
  key: StorageKey;
  modRevision: Revision | 0;
}

export type Operation =
  | {
      type: 'put';
      key: StorageKey;
      /** Belongs to the store from now on: it is handed to readers and followers as it is, so never change it. */
      value: Uint8Array;
      /** All index rows of the object; those of its former value that are not listed are removed. */
      indexes?: readonly IndexEntry[];
      /** The key is deleted when this lease expires. */
      lease?: LeaseId;
      /**
       * Put only if some object carries this index row, before this transaction; else nothing happens to the key. Stores of
       * several processes may look before the commit.
       */
      ifIndexed?: IndexEntry;
    }
  | { type: 'delete'; key: StorageKey };

export interface Transaction {
  compares: readonly Compare[];
  /** Applied all or not at all, in this order. One key at most once. */
  operations: readonly Operation[];
  /**
   * Nobody waits for it. Where a store has writes waiting, others go ahead of it and it shares little of their turn, however
   * much is asked for in the background; it has its turn all the same. A store without such a line applies it like any other.
   */
  background?: boolean;
}

export type TransactionResult =
  | {
      succeeded: true;
      /** One per operation, in order. What changes nothing takes no revision and yields 0: a delete of a missing key, a put whose `ifIndexed` does not hold. */
      revisions: (Revision | 0)[];
      /** The store's revision after the transaction. */
      revision: Revision;
    }
  | {
      succeeded: false;
      /** The first compare that did not hold. */
      failed: Compare;
      /** What stands at its key now. */
      current: KeyValue | undefined;
    };

/** One change of one key. */
export interface Change {
  type: 'put' | 'delete';
  key: StorageKey;
  revision: Revision;
  /** The new value; for a delete, undefined. */
  value: Uint8Array | undefined;
  /** Of the key as it is now; for a delete, of the object that is gone. */
  createRevision: Revision;
  /**
   * The value before this change; undefined for a creation. May be read from the log when it is asked for, so ask while
   * the change is delivered, and only if needed: later it may be compacted, and then is undefined as well.
   */
  readonly previous: Uint8Array | undefined;
  /** Revision of the value before; 0 for a creation. */
  previousRevision: Revision | 0;
}

/** Receives every change of the store after a revision, in revision order, without gap or duplicate. */
export interface ChangeFollower {
  /** A batch that became durable together. Must not throw; must not block. */
  onChanges(changes: readonly Change[]): void;
  /**
   * Everything up to this revision was delivered, though the last changes had lower ones. Only stores whose revisions rise
   * without changes call it; it comes soon after `currentRevision` or a result of `transact` has told such a revision.
   */
  onProgress?(revision: Revision): void;
  /** The log could not be followed (compacted under the reader, connection lost for good); nothing follows. */
  onError(error: Error): void;
}

export interface Subscription {
  close(): void;
}

export interface Storage {
  /** For logs and metrics: `memory`, `sqlite`, `etcd`. */
  readonly driver: string;
  /** Revisions of changes in a row may lie this far apart, though there is nothing between them. Default: 1. */
  readonly revisionStride?: number;
  /** Objects that one transaction should touch at most. Default: no bound but memory. */
  readonly transactionSize?: number;
  get(key: StorageKey, options?: { revision?: Revision }): Promise<KeyValue | undefined>;
  /** All keys that start with `prefix`, ascending in byte order. */
  range(prefix: string, options?: RangeOptions): Promise<RangeResult>;
  /** Number of keys below `prefix`, newest revision. */
  count(prefix: string): Promise<number>;
  /** Objects that carry the index row, ascending by key, newest revision. */
  rangeIndex(index: string, value: string, options?: IndexRangeOptions): Promise<RangeResult>;
  /** Distinct values of an index that start with `valuePrefix`, ascending. */
  indexValues(index: string, valuePrefix: string, options?: { limit?: number; after?: string }): Promise<string[]>;
  /** Durable when the promise resolves. */
  transact(transaction: Transaction): Promise<TransactionResult>;
  /** The newest revision that readers can see. That of an empty store is 1, so that a list of nothing can be watched. */
  currentRevision(): Promise<Revision>;
  /**
   * Follow all changes with a revision greater than `after`: first those of the log, then live ones.
   * Rejects with `RevisionCompacted` when the log no longer reaches back so far, and with `RevisionInFuture`. The
   * first changes may come before the caller resumes; live ones come before `transact` resolves for their writer.
   */
  follow(after: Revision, follower: ChangeFollower): Promise<Subscription>;
  /**
   * Forget history up to and including `revision`. What was current then can still be read, and followed from, as of
   * `revision`; nothing older can. Resolves when the space is free for reuse; reads and writes go on meanwhile.
   */
  compact(revision: Revision): Promise<void>;
  /** Revision up to which history is gone; 0 when nothing was compacted. */
  compactedRevision(): Promise<Revision | 0>;
  grantLease(ttlSeconds: number): Promise<LeaseId>;
  /** Deletes the lease's keys at once. */
  revokeLease(lease: LeaseId): Promise<void>;
  keepLeaseAlive(lease: LeaseId): Promise<void>;
  close(): Promise<void>;
}
