import { isStatusError } from '@canopy/apimachinery';
import type { Clock, Random } from '../clock.ts';
import { systemClock } from '../clock.ts';
import { keyText } from '../informer/object-key.ts';
import type { RateLimiter } from '../workqueue/rate-limiter.ts';
import { ExponentialLimiter } from '../workqueue/rate-limiter.ts';
import { WorkQueue } from '../workqueue/work-queue.ts';
import type { ControllerWatch } from './controller-watch.ts';
import type { Logger } from './logger.ts';
import { silentLogger } from './logger.ts';
import type { ReconcileRequest, ReconcileResult } from './reconcile-result.ts';

export interface ReconcileContext {
  logger: Logger;
  /** Fires when the controller has to stop at once. */
  signal: AbortSignal;
  /** Failures in a row of this object. */
  failures: number;
}

/** Brings one object closer to what it should be. What it throws is logged, and it is called again after a delay. */
export type Reconcile = (request: ReconcileRequest, context: ReconcileContext) => Promise<ReconcileResult>;

export interface ControllerOptions {
  name: string;
  watches: readonly ControllerWatch[];
  reconcile: Reconcile;
  /** Objects worked on at a time, each once at most. Default 4. */
  concurrency?: number;
  logger?: Logger;
  clock?: Clock;
  random?: Random;
  /** Delays after failures. Default: 50 ms, doubling to 5 minutes. */
  limiter?: RateLimiter;
}

/**
 * Reconciles objects of any number of clusters: events become requests, equal requests become one, clusters take turns.
 * Starts once all watches have synced.
 */
export class Controller {
  readonly name: string;
  readonly #options: ControllerOptions;
  readonly #queue: WorkQueue<ReconcileRequest>;
  readonly #logger: Logger;

  constructor(options: ControllerOptions) {
    this.name = options.name;
    this.#options = options;
    this.#logger = options.logger ?? silentLogger;
    this.#queue = new WorkQueue<ReconcileRequest>({
      keyOf: keyText,
      groupOf: ({ cluster }) => cluster,
      limiter:
        options.limiter ??
        new ExponentialLimiter({ firstMs: 50, longestMs: 300_000, jitter: 0.2, random: options.random }),
      clock: options.clock ?? systemClock,
    });
  }

  /** Puts an object in line, whatever the watches say. */
  enqueue(request: ReconcileRequest): void {
    this.#queue.add(request);
  }

  /**
   * Works until `stop` fires, then finishes what it has begun and drops the rest. `kill` is handed to reconcile and ends
   * that wait. Rejects only if a watch cannot sync for another reason than `stop`. To be called once.
   */
  async run(stop: AbortSignal, kill: AbortSignal = new AbortController().signal): Promise<void> {
    const ends = this.#options.watches.map((watch) => watch.start((request) => this.#queue.add(request)));
    try {
      await Promise.all(this.#options.watches.map((watch) => watch.waitForSync(stop)));
      await this.#work(stop, kill);
    } catch (error) {
      if (!stop.aborted) throw error;
    } finally {
      for (const end of ends) end();
      this.#queue.discard();
      void this.#queue.shutDown();
    }
  }

  async #work(stop: AbortSignal, kill: AbortSignal): Promise<void> {
    this.#logger.debug({ controller: this.name }, 'started');
    const workers = Array.from({ length: this.#options.concurrency ?? 4 }, () => this.#worker(kill));
    const stopped = new Promise<void>((resolve) => {
      const onStop = () => {
        this.#queue.discard();
        void this.#queue.shutDown();
        resolve();
      };
      if (stop.aborted) onStop();
      else stop.addEventListener('abort', onStop, { once: true });
    });
    await stopped;
    const killed = new Promise<void>((resolve) => {
      if (kill.aborted) resolve();
      else kill.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([Promise.all(workers), killed]);
    this.#logger.debug({ controller: this.name }, 'stopped');
  }

  async #worker(signal: AbortSignal): Promise<void> {
    for (let request = await this.#queue.take(); request !== undefined; request = await this.#queue.take()) {
      try {
        await this.#reconcile(request, signal);
      } finally {
        this.#queue.done(request);
      }
    }
  }

  async #reconcile(request: ReconcileRequest, signal: AbortSignal): Promise<void> {
    const failures = this.#queue.failures(request);
    try {
      const result = await this.#options.reconcile(request, { logger: this.#logger, signal, failures });
      this.#queue.forget(request);
      if (result.action === 'requeue') this.#queue.addAfter(request, result.afterMs);
    } catch (error) {
      const fields = { controller: this.name, ...request, failures: failures + 1, error };
      if (isStatusError(error, 'Conflict')) this.#logger.debug(fields, 'conflict, trying again');
      else this.#logger.error(fields, 'reconcile failed, trying again');
      this.#queue.addRateLimited(request);
    }
  }
}
