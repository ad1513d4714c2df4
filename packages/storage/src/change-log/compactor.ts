import { type Clock, monotonicClock, type ScheduledCall } from '../clock.ts';
import type { Revision, Storage } from '../storage.ts';

export interface CompactorOptions {
  /** Changes that stay in any case. Default 100,000. */
  keepChanges?: number;
  /** Milliseconds for which every change stays. Default 5 minutes. */
  keepMs?: number;
  /** Milliseconds between looks at the store. Default 30 seconds. */
  intervalMs?: number;
  /** Changes given up in one call of `Storage.compact`. Default 10,000. */
  maxStep?: number;
  /** Default: one that does not jump. */
  clock?: Clock;
  /** A compaction failed; it is tried again after the interval. */
  onError?: (error: unknown) => void;
}

interface Sample {
  time: number;
  revision: number;
}

/**
 * Forgets history by a policy: a change goes when it is both older than `keepMs` and not among the latest
 * `keepChanges`. The age of revisions is known from samples of the newest one, taken at each interval, so after a
 * restart nothing goes for the first `keepMs`.
 */
export class Compactor {
  readonly #storage: Storage;
  /** In revisions, as `maxStep`. */
  readonly #keepChanges: number;
  readonly #keepMs: number;
  readonly #intervalMs: number;
  readonly #maxStep: number;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  #samples: Sample[] = [];
  #next: ScheduledCall | undefined;
  #running: Promise<void> | undefined;
  #stopped = false;

  constructor(storage: Storage, options: CompactorOptions = {}) {
    this.#storage = storage;
    const stride = storage.revisionStride ?? 1;
    this.#keepChanges = (options.keepChanges ?? 100_000) * stride;
    this.#keepMs = options.keepMs ?? 5 * 60_000;
    this.#intervalMs = options.intervalMs ?? 30_000;
    this.#maxStep = (options.maxStep ?? 10_000) * stride;
    this.#clock = options.clock ?? monotonicClock;
    this.#onError = options.onError ?? (() => undefined);
  }

  start(): void {
    if (this.#stopped || this.#next !== undefined) return;
    this.#next = this.#clock.schedule(this.#intervalMs, () => {
      this.#next = undefined;
      void this.runOnce()
        .catch(this.#onError)
        .then(() => this.start());
    });
  }

  /** Resolves when a compaction that is under way has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#next?.cancel();
    await this.#running?.catch(() => undefined);
  }

  /** Takes a sample and compacts what the policy lets go. Rejects with the store's errors. */
  runOnce(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #run(): Promise<void> {
    const current = await this.#storage.currentRevision();
    const now = this.#clock.now();
    this.#samples.push({ time: now, revision: current });
    const target = Math.min(this.#revisionAt(now - this.#keepMs), current - this.#keepChanges);
    let compacted: number = await this.#storage.compactedRevision();
    while (compacted < target && !this.#stopped) {
      compacted = Math.min(target, compacted + this.#maxStep);
      await this.#storage.compact(compacted as Revision);
    }
  }

  /** The newest revision known to have existed at `time`; forgets the samples before it. 0: none is known. */
  #revisionAt(time: number): number {
    const newest = this.#samples.findLastIndex((sample) => sample.time <= time);
    if (newest === -1) return 0;
    this.#samples = this.#samples.slice(newest);
    return this.#samples[0]?.revision ?? 0;
  }
}
