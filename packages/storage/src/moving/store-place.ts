import type { IndexEntry, Revision, StorageKey } from '../storage.ts';

/** When an object is to be deleted by itself. */
export interface MovedLease {
  /** In the source. Objects of one lease have one in the target as well. */
  id: number;
  ttlMs: number;
  /** Milliseconds since 1970 by the clock of this process; 0: it has run out. */
  expiresAt: number;
}

/** All that a store knows of an object. */
export interface MovedObject {
  key: StorageKey;
  value: Uint8Array;
  createRevision: number;
  modRevision: number;
  /** In no certain order. */
  indexes: readonly IndexEntry[];
  lease: MovedLease | undefined;
}

export type MovedIndexRow = IndexEntry & { key: string };

/** One snapshot of a store that is not served, with what the `Storage` interface does not tell. */
export interface StoreExport {
  /** Names the store, whoever asks. */
  readonly source: string;
  /** Clients have seen none higher. */
  readonly revision: Revision;
  count(): Promise<number>;
  /** Objects with keys after this one, ascending in byte order, in pages of some MiB. */
  objects(after: string): AsyncIterable<MovedObject[]>;
  /** The index rows that there are, in any order: what readers of indexes go by. */
  indexRows(): AsyncIterable<MovedIndexRow[]>;
  /** Rejects with `StorageFailed` when somebody uses the store, or has written to it since the snapshot. */
  checkUnused(): Promise<void>;
  close(): Promise<void>;
}

/** A store that is being filled. What was put is there to stay, and nobody can serve it before it is finished. */
export interface StoreImport {
  /** Where to go on: everything up to this key is there. */
  readonly after: string;
  /** Objects that are there. */
  readonly objects: number;
  /** Objects with keys after all that are there, ascending. Their revisions may become others. */
  put(objects: readonly MovedObject[]): Promise<void>;
  /** What is there now. Close it before `finish`. */
  arrived(): Promise<StoreExport>;
  /**
   * Makes it a store like any other. All its history counts as compacted, and its revision is above all that clients of
   * the source have seen.
   */
  finish(): Promise<Revision>;
  close(): Promise<void>;
}

/** A move that a target knows of. */
export interface KnownMove {
  source: string;
  /** Of the source. */
  revision: number;
  /** Nothing has been changed since. */
  finished: boolean;
}

/** What a place takes up. Two of which one has a name that begins like one of the other's have something in common. */
export interface PlaceExtent {
  /** The same by whatever path or address the place was chosen. Each ends in a slash. */
  names: readonly string[];
  /** Of what the names are in, which never goes back. Two with one name whose revisions cannot be those of one are two. */
  revision: number;
}

/** Where a store is, or is to be. */
export interface StorePlace {
  /** As messages name it. */
  readonly name: string;
  /** Now. Only reads. */
  extent(): Promise<PlaceExtent>;
  /** `revision`: that of an earlier export, to be had again; else `checkUnused` rejects. */
  openExport(revision?: number): Promise<StoreExport>;
  /**
   * Undefined: nothing is there. Rejects with `InvalidArgument` when there is another store, and with `StorageFailed` when
   * somebody uses it.
   */
  knownMove(): Promise<KnownMove | undefined>;
  /** Begins, or goes on with the known move, which is of this source. */
  openImport(from: Pick<StoreExport, 'source' | 'revision'>, revisionJump: number): Promise<StoreImport>;
}
