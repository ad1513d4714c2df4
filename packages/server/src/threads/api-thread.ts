import { parentPort, workerData } from 'node:worker_threads';
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
async function serve(port: Port, { share, ...start }: ApiThreadStart): Promise<void> {
  const { config } = start;
  const post = (message: FromApiThread): void => port.postMessage(message);
  const rendering = new Map<number, (metrics: RenderedMetrics) => void>();
  const onStoreFailure = (error: Error): void => post({ type: 'store failed', message: error.message });
  const storage = await joinStore(config, share, onStoreFailure);
  let wired: Wired | undefined;
  let ids = 0;
  const listener = await openListener({ ...start, wired: () => wired });
  wired = await wire({
    ...start,
    storage,
    shard: shardSettings(start.shard),
    logger: makeLogger(config.logLevel),
    onStoreFailure,
    company: { kind: 'api thread' },
    renderMetrics: () =>
      new Promise((resolve) => {
        rendering.set(++ids, resolve);
        post({ type: 'render', id: ids });
      }),
  });
  const { metrics, stop } = wired;
  port.on('message', (message: ToApiThread) => {
    switch (message.type) {
      case 'count':
        post({ type: 'counted', id: message.id, metrics: metrics.snapshot() });
        return;
      case 'rendered':
        rendering.get(message.id)?.(message.metrics);
        rendering.delete(message.id);
        return;
      case 'stop':
        void listener
          .close(shutdownGraceMs)
          .then(stop)
          .then(() => storage.close())
          .then(() => process.exit(0));
    }
  });
  post({ type: 'ready' });
}

if (parentPort !== null) {
  const port = parentPort;
  serve(port, workerData as ApiThreadStart).catch((error: unknown) => {
    const { message } = error as Error;
    port.postMessage({ type: 'failed', message, userError: error instanceof UsageError } satisfies FromApiThread);
    port.close();
  });
}
