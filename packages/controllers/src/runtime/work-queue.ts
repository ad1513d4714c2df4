import type { Clock, ScheduledCall } from '@canopy/storage';

export interface WorkQueueOptions {
  clock: Clock;
  /** Keys handled at the same time. */
  concurrency: number;
  /** Calls `begin` when the next key may begin to be handled. */
  turn(begin: () => void): void;
  /** Milliseconds until the key wants to be handled again; undefined when it is done. */
  handle(key: string): Promise<number | undefined>;
  /** A key could not be handled and is tried again after `retryMs`. */
  failed(key: string, error: unknown, retryMs: number): void;
}

/**
 * - `ready`: in line.
 * - `running`: being handled; asked for again meanwhile when `againMs` is set.
 * - `delayed`: its timer puts it in line.
 */
interface Entry {
  state: 'ready' | 'running' | 'delayed';
  /** Revision of the change that the work came from; 0 when no change tells of it. */
  revision: number;
  failures: number;
  againMs: number | undefined;
  dueMs: number;
  timer: ScheduledCall | undefined;
}

export const firstRetryMs = 20;
export const longestRetryMs = 60_000;

/** Keys to be handled, each once however often it is asked for, never twice at a time, with exponential backoff per key. */
export class WorkQueue {
  private readonly options: WorkQueueOptions;
  private readonly entries = new Map<string, Entry>();
  private readonly line: string[] = [];
  private head = 0;
  private running = 0;
  private stopped = false;
  private waiters: { done: () => boolean; resolve: () => void }[] = [];

  constructor(options: WorkQueueOptions) {
    this.options = options;
  }

  add(key: string, revision: number, delayMs = 0): void {
    if (this.stopped) return;
    const entry = this.entries.get(key);
    if (entry === undefined) {
      const fresh: Entry = { state: 'delayed', revision, failures: 0, againMs: undefined, dueMs: 0, timer: undefined };
      this.entries.set(key, fresh);
      this.schedule(key, fresh, delayMs);
      return;
    }
    entry.revision = Math.min(entry.revision, revision);
    if (entry.state === 'running') entry.againMs = Math.min(entry.againMs ?? delayMs, delayMs);
    else if (entry.state === 'delayed' && this.options.clock.now() + delayMs < entry.dueMs)
      this.schedule(key, entry, delayMs);
  }

  /** Revision that the work on a key came from; undefined when there is none. */
  revisionOf(key: string): number | undefined {
    return this.entries.get(key)?.revision;
  }

  /** Keys in line or being handled; what waits for a timer is not counted. */
  get busy(): number {
    return this.line.length - this.head + this.running;
  }

  /** All keys with work left, whatever their state. */
  pending(): ReadonlyMap<string, { revision: number }> {
    return this.entries;
  }

  /** Resolves when fewer than `limit` keys are in line or being handled. */
  room(limit: number): Promise<void> {
    return this.when(() => this.busy < limit);
  }

  /** Takes nothing more from the line; resolves when what is being handled is done. */
  stop(): Promise<void> {
    this.stopped = true;
    for (const entry of this.entries.values()) entry.timer?.cancel();
    this.wake();
    return this.when(() => this.running === 0);
  }

  private when(done: () => boolean): Promise<void> {
    if (done() || (this.stopped && this.running === 0)) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push({ done, resolve }));
  }

  private wake(): void {
    if (this.waiters.length === 0) return;
    const waiting = this.waiters;
    this.waiters = [];
    for (const waiter of waiting) {
      if (waiter.done() || (this.stopped && this.running === 0)) waiter.resolve();
      else this.waiters.push(waiter);
    }
  }

  private schedule(key: string, entry: Entry, delayMs: number): void {
    entry.timer?.cancel();
    entry.timer = undefined;
    if (this.stopped) {
      entry.state = 'delayed';
      return;
    }
    if (delayMs <= 0) {
      entry.state = 'ready';
      this.line.push(key);
      this.takeNext();
      return;
    }
    entry.state = 'delayed';
    entry.dueMs = this.options.clock.now() + delayMs;
    entry.timer = this.options.clock.schedule(delayMs, () => this.schedule(key, entry, 0));
  }

  private takeNext(): void {
    while (!this.stopped && this.running < this.options.concurrency && this.head < this.line.length) {
      const key = this.line[this.head] as string;
      this.head += 1;
      if (this.head > 1000 && this.head * 2 > this.line.length) {
        this.line.splice(0, this.head);
        this.head = 0;
      }
      const entry = this.entries.get(key) as Entry;
      entry.state = 'running';
      this.running += 1;
      this.options.turn(() => void this.run(key, entry));
    }
  }

  private async run(key: string, entry: Entry): Promise<void> {
    entry.againMs = undefined;
    let next: number | undefined;
    try {
      next = await this.options.handle(key);
      entry.failures = 0;
    } catch (error) {
      next = Math.min(firstRetryMs * 2 ** entry.failures, longestRetryMs);
      entry.failures += 1;
      entry.againMs = undefined;
      if (!this.stopped) this.options.failed(key, error, next);
    }
    this.running -= 1;
    const again = entry.againMs === undefined ? next : Math.min(entry.againMs, next ?? entry.againMs);
    if (again === undefined) this.entries.delete(key);
    else this.schedule(key, entry, again);
    this.takeNext();
    this.wake();
  }
}
