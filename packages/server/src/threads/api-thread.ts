import { parentPort } from 'node:worker_threads';
import { openListener, shutdownGraceMs } from '../listening.ts';
import { makeLogger } from '../logger.ts';
import { joinStore } from '../open-store.ts';
import { UsageError } from '../options/parse-options.ts';
import { shardSettings } from '../shard.ts';
import type { RenderedMetrics } from '../wire/metrics.ts';
import { type Wired, wire } from '../wire/wire.ts';
import type { ApiThreadStart, FromApiThread, ToApiThread } from './thread-messages.ts';

type Port = NonNullable<typeof parentPort>;

/** An API thread: answers requests until the first thread tells it to stop. */
class ServingThread {
  private readonly port: Port;
  private readonly rendering = new Map<number, (metrics: RenderedMetrics) => void>();
  private ids = 0;
  private wired: Wired | undefined;
  /** Ends what was begun, the last thing first. */
  private readonly ends: (() => Promise<void>)[] = [];

  constructor(port: Port) {
    this.port = port;
    port.on('message', (message: ToApiThread) => this.receive(message));
  }

  private receive(message: ToApiThread): void {
    switch (message.type) {
      case 'start':
        this.start(message.start).then(
          () => this.post({ type: 'ready' }),
          (error: Error) => {
            this.post({ type: 'failed', message: error.message, userError: error instanceof UsageError });
            void this.stop();
          },
        );
        return;
      case 'count':
        if (this.wired !== undefined)
          this.post({ type: 'counted', id: message.id, metrics: this.wired.metrics.snapshot() });
        return;
      case 'rendered':
        this.rendering.get(message.id)?.(message.metrics);
        this.rendering.delete(message.id);
        return;
      case 'stop':
        void this.stop();
    }
  }

  private async start({ share, ...start }: ApiThreadStart): Promise<void> {
    const { config } = start;
    const onStoreFailure = (error: Error): void => this.post({ type: 'store failed', message: error.message });
    const storage = await joinStore(config, share, onStoreFailure);
    this.ends.unshift(() => storage.close());
    const listener = await openListener({ ...start, wired: () => this.wired });
    this.ends.unshift(() => listener.close(shutdownGraceMs));
    const wired = await wire({
      ...start,
      storage,
      shard: shardSettings(start.shard),
      logger: makeLogger(config.logLevel),
      onStoreFailure,
      company: { kind: 'api thread' },
      renderMetrics: () => this.render(),
    });
    this.ends.splice(1, 0, () => wired.stop());
    this.wired = wired;
  }

  private render(): Promise<RenderedMetrics> {
    const { promise, resolve } = Promise.withResolvers<RenderedMetrics>();
    this.rendering.set(++this.ids, resolve);
    this.post({ type: 'render', id: this.ids });
    return promise;
  }

  private async stop(): Promise<void> {
    for (const end of this.ends.splice(0)) await end();
    process.exit(0);
  }

  private post(message: FromApiThread): void {
    this.port.postMessage(message);
  }
}

if (parentPort !== null) new ServingThread(parentPort);
