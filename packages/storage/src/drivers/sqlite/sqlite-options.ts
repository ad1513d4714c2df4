import type { MessagePort } from 'node:worker_threads';
import type { Clock } from '../../clock.ts';
import type { StorageError } from '../../storage-error.ts';

export interface SqliteThreadOptions {
  /** Decides when leases expire; should not jump. Default: the time of day at the start, and what has passed since. */
  clock?: Clock;
  /** Writes that may wait for the one being committed; more are refused with `Overloaded`. Default 20,000. */
  maxQueued?: number;
  /** Bytes of values that may wait. Default 64 MiB. */
  maxQueuedBytes?: number;
  /** Page cache of each of the two connections, in bytes. Default 8 MiB. */
  cacheBytes?: number;
  /** Bytes of recently written or read values kept in memory. Default 16 MiB. */
  valueCacheBytes?: number;
  /** Bytes of objects kept in memory by key, as they are now; many share their values with the above. Default 16 MiB. */
  objectCacheBytes?: number;
  /** The store cannot be written any more, and followers have been ended: the process had better end as well. */
  onFailure?: (error: StorageError) => void;
}

export interface SqliteStorageOptions extends SqliteThreadOptions {
  /** The database file; created when missing. `<path>-wal`, `<path>-shm` and `<path>-lock` stand beside it. */
  path: string;
  /** Module of the writer thread, for bundles. Default: `sqlite-worker.ts` beside this module. */
  workerUrl?: URL;
  /** The file may grow to this many pages of 4 KiB, then writes are refused with `StorageFull`. Default: no bound. */
  maxPageCount?: number;
}

/** With it one other thread of this process uses a store that is open here; the port has to be transferred to it. */
export interface SqliteShare {
  path: string;
  port: MessagePort;
  revisions: SharedArrayBuffer;
  /** Which of those that joined. */
  thread: number;
}
