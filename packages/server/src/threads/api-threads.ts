import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { SqliteShare } from '@canopy/storage';
import { UsageError } from '../options/parse-options.ts';
import type { MetricsSnapshot, RenderedMetrics } from '../wire/metrics.ts';
import type { ApiThreadData, ApiThreadStart, FromApiThread, ToApiThread } from './thread-messages.ts';

export interface ApiThreadsOptions {
  /** Of the thread. Default: `api-thread.ts` beside this module. */
  module: URL | undefined;
  data: ApiThreadData;
  /** The store for one more thread. */
  share(): SqliteShare | undefined;
  /** Of the whole process. */
  renderMetrics(): Promise<RenderedMetrics>;
  onStoreFailure(error: Error): void;
  /** A thread ended without being asked to. */
  onThreadFailure(error: Error): void;
}

/** A thread that does not tell what it has counted within this time is left out. */
const countPatienceMs = 1000;

/**
 * Threads that answer requests like the first one: each has its own listener on the same port, over which the operating
 * system spreads connections, its own caches and its own end of the store. What goes on in the background is the first
 * thread's.
 */
export class ApiThreads {
  private threads: ApiThread[] = [];
  private stopping = false;

  /** Resolves when all of them serve. */
  async start(count: number, options: ApiThreadsOptions): Promise<void> {
    for (let i = 0; i < count; i++) this.threads.push(new ApiThread(options, () => this.stopping));
    await Promise.all(this.threads.map((thread) => thread.ready));
  }

  async metrics(): Promise<MetricsSnapshot[]> {
    const counted = await Promise.all(this.threads.map((thread) => thread.count()));
    return counted.filter((metrics) => metrics !== undefined);
  }

  /** Running requests may finish. */
  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.all(this.threads.map((thread) => thread.stop()));
  }
}

class ApiThread {
  /** Rejects when it cannot be started. */
  readonly ready: Promise<void>;
  private readonly worker: Worker;
  private readonly exited: Promise<unknown>;
  private readonly counting = new Map<number, (metrics: MetricsSnapshot | undefined) => void>();
  private ids = 0;
  private ended = false;

  constructor(options: ApiThreadsOptions, isStopping: () => boolean) {
    const share = options.share();
    const start: ApiThreadStart = { ...options.data, share };
    this.worker = new Worker(options.module ?? new URL('./api-thread.ts', import.meta.url), {
      workerData: start,
      transferList: share === undefined ? [] : [share.port],
    });
    this.exited = once(this.worker, 'exit');
    const started = Promise.withResolvers<void>();
    this.ready = started.promise;
    const failed = (error: Error): void => {
      started.reject(error);
      if (!isStopping() && !this.ended) options.onThreadFailure(error);
      this.ended = true;
    };
    this.worker.on('error', (error: Error) => failed(new Error(`an API thread failed: ${error.message}`)));
    this.worker.on('exit', (code) => failed(new Error(`an API thread ended with code ${code}`)));
    this.worker.on('message', (message: FromApiThread) => {
      switch (message.type) {
        case 'ready':
          started.resolve();
          return;
        case 'failed':
          this.ended = true;
          started.reject(message.userError ? new UsageError(message.message) : new Error(message.message));
          return;
        case 'store failed':
          options.onStoreFailure(new Error(message.message));
          return;
        case 'counted':
          this.counting.get(message.id)?.(message.metrics);
          return;
        case 'render':
          void options.renderMetrics().then((metrics) => this.post({ type: 'rendered', id: message.id, metrics }));
      }
    });
  }

  async count(): Promise<MetricsSnapshot | undefined> {
    if (this.ended) return undefined;
    const id = ++this.ids;
    const counted = Promise.withResolvers<MetricsSnapshot | undefined>();
    const late = setTimeout(() => counted.resolve(undefined), countPatienceMs);
    this.counting.set(id, counted.resolve);
    this.post({ type: 'count', id });
    const metrics = await counted.promise;
    clearTimeout(late);
    this.counting.delete(id);
    return metrics;
  }

  async stop(): Promise<void> {
    this.post({ type: 'stop' });
    await this.exited;
  }

  private post(message: ToApiThread): void {
    this.worker.postMessage(message);
  }
}
