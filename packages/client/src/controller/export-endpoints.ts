import type { KubeObject } from '@canopy/apimachinery';
import type { Clock, Random } from '../clock.ts';
import { sleep, systemClock } from '../clock.ts';
import type { DynamicClient } from '../dynamic/dynamic-client.ts';
import { Informer } from '../informer/informer.ts';
import type { Logger } from './logger.ts';
import { silentLogger } from './logger.ts';

/** apis.kcp.io/v1alpha1 APIExportEndpointSlice, as far as providers read it. */
export interface EndpointSlice extends KubeObject {
  status?: { endpoints?: { url: string }[] };
}

/** One URL under which consumers of an export are seen. */
export interface ExportEndpoint {
  url: string;
  /** At the URL: `.cluster('*')` lists and watches, `.cluster(<name>)` writes. */
  client: DynamicClient;
}

export interface WatchEndpointsOptions {
  /** In the provider's workspace. */
  client: DynamicClient;
  /** Name of the slice; that of the export unless somebody made another. */
  slice: string;
  /** A client for a URL of the slice, e.g. `Connector.connect` of `@canopy/client/node`. */
  connect: (url: string) => DynamicClient;
  /**
   * Serves one endpoint until the signal fires: runs its informers and controllers. What it throws is logged, and it
   * is called again after a delay of 1 s, doubling to 1 min.
   */
  serve: (endpoint: ExportEndpoint, signal: AbortSignal) => Promise<void>;
  logger?: Logger;
  clock?: Clock;
  random?: Random;
}

const slices = { group: 'apis.kcp.io', version: 'v1alpha1', resource: 'apiexportendpointslices' };
const firstDelayMs = 1_000;
const longestDelayMs = 60_000;

/**
 * Follows an APIExportEndpointSlice and serves each URL in its status, from when it appears to when it goes. A slice has
 * none as long as its export has no consumers. Resolves after the signal fired and all `serve` have ended.
 */
export async function watchExportEndpoints(options: WatchEndpointsOptions, signal: AbortSignal): Promise<void> {
  const { client, slice, clock, random, logger = silentLogger } = options;
  const serving = new Map<string, { stop: AbortController; ended: Promise<void> }>();
  const follow = (urls: ReadonlySet<string>) => {
    for (const [url, { stop }] of serving) if (!urls.has(url)) stop.abort();
    for (const url of urls) {
      const current = serving.get(url);
      if (signal.aborted || (current !== undefined && !current.stop.signal.aborted)) continue;
      const stop = new AbortController();
      // One that is still ending under this URL goes first.
      const ended = (current?.ended ?? Promise.resolve()).then(() => keepServing(options, url, stop.signal));
      const entry = { stop, ended };
      serving.set(url, entry);
      void ended.then(() => {
        if (serving.get(url) === entry) serving.delete(url);
      });
    }
  };
  const informer = new Informer<EndpointSlice>({
    resource: client.resource<EndpointSlice>(slices),
    selection: { fieldSelector: `metadata.name=${slice}` },
    onError: (error) => logger.warn({ slice, error }, 'cannot follow the endpoint slice'),
    clock,
    random,
  });
  informer.addHandler((event) => {
    if (event.key.name !== slice) return;
    const endpoints = event.type === 'deleted' ? [] : (event.kept.status?.endpoints ?? []);
    follow(new Set(endpoints.map(({ url }) => url)));
  });
  await informer.run(signal);
  follow(new Set());
  await Promise.all([...serving.values()].map(({ ended }) => ended));
}

async function keepServing(options: WatchEndpointsOptions, url: string, signal: AbortSignal): Promise<void> {
  const { clock = systemClock, random = Math.random, logger = silentLogger } = options;
  for (let failures = 0; !signal.aborted; failures++) {
    try {
      logger.info({ url }, 'serving an endpoint');
      await options.serve({ url, client: options.connect(url) }, signal);
      if (signal.aborted) return;
      logger.warn({ url }, 'serving ended early, starting again');
    } catch (error) {
      if (signal.aborted) return;
      logger.error({ url, error }, 'serving failed, starting again');
    }
    const delayMs = Math.min(firstDelayMs * 2 ** Math.min(failures, 10), longestDelayMs) * (0.5 + random() / 2);
    await sleep(clock, delayMs, signal).catch(() => {});
  }
}
