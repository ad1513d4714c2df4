import { parentPort } from 'node:worker_threads';
import type { Listener } from '@canopy/apiserver';
import type { Storage } from '@canopy/storage';
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
  private storage: Storage | undefined;
  private listener: Listener | undefined;
  private wired: Wired | undefined;

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
    this.storage = await joinStore(config, share, onStoreFailure);
    this.listener = await openListener({ ...start, wired: () => this.wired });
    this.wired = await wire({
      ...start,
      storage: this.storage,
      shard: shardSettings(start.shard),
      logger: makeLogger(config.logLevel),
      onStoreFailure,
      company: { kind: 'api thread' },
      renderMetrics: () => this.render(),
    });
  }

  private render(): Promise<RenderedMetrics> {
    const { promise, resolve } = Promise.withResolvers<RenderedMetrics>();
    this.rendering.set(++this.ids, resolve);
    this.post({ type: 'render', id: this.ids });
    return promise;
  }

  private async stop(): Promise<void> {
    await this.listener?.close(shutdownGraceMs);
    await this.wired?.stop();
    await this.storage?.close();
    process.exit(0);
  }

  private post(message: FromApiThread): void {
    this.port.postMessage(message);
  }
}

if (parentPort !== null) new ServingThread(parentPort);
