import { once } from 'node:events';
import { type Transferable, Worker } from 'node:worker_threads';
import type { SqliteShare } from '@canopy/storage';
import { UsageError } from '../options/parse-options.ts';
import type { MetricsSnapshot, RenderedMetrics } from '../wire/metrics.ts';
import type { ApiThreadData, FromApiThread, ToApiThread } from './thread-messages.ts';

export interface ApiThreadsOptions {
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
  private readonly threads: readonly ApiThread[];

  /** They load their code at once, beside whatever else there is to do. Default module: `api-thread.ts` beside this one. */
  constructor(count: number, module = new URL('./api-thread.ts', import.meta.url)) {
    this.threads = Array.from({ length: count }, () => new ApiThread(module));
  }

  /** Resolves when all of them serve. */
  async start(options: ApiThreadsOptions): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.start(options)));
  }

  async metrics(): Promise<MetricsSnapshot[]> {
    const counted = await Promise.all(this.threads.map((thread) => thread.count()));
    return counted.filter((metrics) => metrics !== undefined);
  }

  /** Running requests may finish. */
  async stop(): Promise<void> {
    await Promise.all(this.threads.map((thread) => thread.stop()));
  }
}

class ApiThread {
  private readonly worker: Worker;
  private readonly exited: Promise<unknown>;
  private readonly started = Promise.withResolvers<void>();
  private readonly counting = new Map<number, (metrics: MetricsSnapshot | undefined) => void>();
  private options: ApiThreadsOptions | undefined;
  private ids = 0;
  /** It has ended, or was told to. */
  private ended = false;

  constructor(module: URL) {
    this.worker = new Worker(module);
    this.exited = once(this.worker, 'exit');
    this.started.promise.catch(() => undefined);
    this.worker.on('error', (error: Error) => this.failed(new Error(`an API thread failed: ${error.message}`)));
    this.worker.on('exit', (code) => this.failed(new Error(`an API thread ended with code ${code}`)));
    this.worker.on('message', (message: FromApiThread) => this.receive(message));
  }

  start(options: ApiThreadsOptions): Promise<void> {
    this.options = options;
    const share = options.share();
    this.post({ type: 'start', start: { ...options.data, share } }, share === undefined ? [] : [share.port]);
    return this.started.promise;
  }

  private failed(error: Error): void {
    this.started.reject(error);
    if (!this.ended) this.options?.onThreadFailure(error);
    this.ended = true;
  }

  private receive(message: FromApiThread): void {
    switch (message.type) {
      case 'ready':
        this.started.resolve();
        return;
      case 'failed':
        this.ended = true;
        this.started.reject(message.userError ? new UsageError(message.message) : new Error(message.message));
        return;
      case 'store failed':
        this.options?.onStoreFailure(new Error(message.message));
        return;
      case 'counted':
        this.counting.get(message.id)?.(message.metrics);
        return;
      case 'render':
        void this.options?.renderMetrics().then((metrics) => this.post({ type: 'rendered', id: message.id, metrics }));
    }
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
    this.ended = true;
    this.post({ type: 'stop' });
    await this.exited;
  }

  private post(message: ToApiThread, transfer: Transferable[] = []): void {
    this.worker.postMessage(message, transfer);
  }
}
