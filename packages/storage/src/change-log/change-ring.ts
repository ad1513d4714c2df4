import type { Change } from '../storage.ts';

export interface ChangeRingOptions {
  maxChanges: number;
  /** Bytes of values and keys. */
  maxBytes: number;
}

/** Bookkeeping of one change besides its key and value, roughly. */
const changeOverhead = 150;

/** The latest changes of the store: a queue that drops its oldest when it exceeds a count or a number of bytes. */
export class ChangeRing {
  readonly #options: ChangeRingOptions;
  #changes: Change[] = [];
  #head = 0;
  #bytes = 0;
  #floor: number;

  /** `floor`: the store's revision now; all later changes will be added. */
  constructor(floor: number, options: ChangeRingOptions) {
    this.#floor = floor;
    this.#options = options;
  }

  /** The ring has every change after this revision. */
  get floor(): number {
    return this.#floor;
  }

  get length(): number {
    return this.#changes.length - this.#head;
  }

  add(changes: readonly Change[]): void {
    for (const change of changes) {
      this.#changes.push(change);
      this.#bytes += sizeOf(change);
    }
    while (this.length > this.#options.maxChanges || this.#bytes > this.#options.maxBytes) {
      const oldest = this.#changes[this.#head];
      if (oldest === undefined) break;
      this.#bytes -= sizeOf(oldest);
      this.#floor = oldest.revision;
      this.#head++;
    }
    if (this.#head > 1024 && this.#head * 2 > this.#changes.length) {
      this.#changes = this.#changes.slice(this.#head);
      this.#head = 0;
    }
  }

  /**
   * The changes after a revision that is not below the floor, ascending, as far as they concern somebody, until their
   * values exceed `maxBytes`. `complete`: there are no more.
   */
  chunk(
    revision: number,
    maxBytes: number,
    concerns: (change: Change) => boolean,
  ): { changes: Change[]; complete: boolean } {
    const changes: Change[] = [];
    let bytes = 0;
    for (let at = this.#firstAfter(revision); at < this.#changes.length; at++) {
      const change = this.#changes[at] as Change;
      if (!concerns(change)) continue;
      if (bytes > maxBytes) return { changes, complete: false };
      changes.push(change);
      bytes += sizeOf(change);
    }
    return { changes, complete: true };
  }

  #firstAfter(revision: number): number {
    let low = this.#head;
    let high = this.#changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#changes[middle] as Change).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function sizeOf(change: Change): number {
  return changeOverhead + 2 * change.key.length + (change.value?.byteLength ?? 0);
}
