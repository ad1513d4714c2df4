const newestAt = 0;
const compactedAt = 1;
const firstThread = 2;

/** Threads that may join a store. */
export const mostThreads = 64;

/** What the threads that use one database know of it together, in shared memory. */
export class StoreRevisions {
  readonly buffer: SharedArrayBuffer;
  readonly #numbers: BigInt64Array;

  constructor(buffer = new SharedArrayBuffer((firstThread + mostThreads) * BigInt64Array.BYTES_PER_ELEMENT)) {
    this.buffer = buffer;
    this.#numbers = new BigInt64Array(buffer);
  }

  /** Revision of the newest commit. It rises before anybody is told of that commit. */
  get newest(): number {
    return Number(Atomics.load(this.#numbers, newestAt));
  }

  /** For the one thread that writes. */
  committed(revision: number): void {
    Atomics.store(this.#numbers, newestAt, BigInt(revision));
  }

  /** Nothing older is read any more. It rises before anything is removed from the file. */
  get compacted(): number {
    return Number(Atomics.load(this.#numbers, compactedAt));
  }

  raiseCompacted(revision: number): void {
    const wanted = BigInt(revision);
    for (let seen = Atomics.load(this.#numbers, compactedAt); seen < wanted; ) {
      const found = Atomics.compareExchange(this.#numbers, compactedAt, seen, wanted);
      if (found === seen) return;
      seen = found;
    }
  }

  /** How far a thread that joined has read the log; 0 when it has left. `thread` counts from 0. */
  reached(thread: number, revision: number): void {
    Atomics.store(this.#numbers, firstThread + thread, BigInt(revision));
  }

  /** Whether all threads that joined have read the log up to `revision`. */
  haveAllReached(revision: number): boolean {
    for (let at = firstThread; at < this.#numbers.length; at++) {
      const reached = Number(Atomics.load(this.#numbers, at));
      if (reached !== 0 && reached < revision) return false;
    }
    return true;
  }
}
