import { once } from 'node:events';
import type { ClientHttp2Session, ClientHttp2Stream } from 'node:http2';
import { connectSession, headersOf, requestOnce } from '../load/session.ts';
import type { Row } from '../report.ts';
import { type CanopyProcess, workspacesPath } from '../server/canopy-process.ts';
import { settledMemory } from '../server/process-figures.ts';
import type { WatchSizes } from './sizes.ts';

const collections = [
  '/api/v1/configmaps',
  '/api/v1/secrets',
  '/api/v1/namespaces',
  '/apis/rbac.authorization.k8s.io/v1/clusterroles',
];

/**
 * Watches on which nothing happens, over several connections, workspaces and resources. What one costs is the difference
 * of resident memory at rest to the same connections without them; a tenth was opened and closed before, so that what
 * is loaded once does not count.
 */
export async function measureIdleWatches(canopy: CanopyProcess, sizes: WatchSizes): Promise<Row[]> {
  const sessions = await Promise.all(
    Array.from({ length: sizes.idleConnections }, () => connectSession(canopy.target)),
  );
  try {
    const clusters = await makeWorkspaces(canopy, sessions[0] as ClientHttp2Session, sizes.idleWorkspaces);
    const open = (count: number): Promise<ClientHttp2Stream[]> => openWatches({ canopy, sessions, clusters }, count);
    await closeAll(await open(Math.ceil(sizes.idleWatches / 10)));
    const before = await settledMemory(canopy.child);
    const watches = await open(sizes.idleWatches);
    const during = await settledMemory(canopy.child);
    await closeAll(watches);
    const after = await settledMemory(canopy.child);
    return [
      {
        name: `resident memory per idle watch, of ${sizes.idleWatches}`,
        value: (during.rss - before.rss) / sizes.idleWatches / 1000,
        unit: 'kB',
        bar: { limit: 20, better: 'lower' },
      },
      {
        name: 'heap per idle watch',
        value: (during.heapUsed - before.heapUsed) / sizes.idleWatches / 1000,
        unit: 'kB',
      },
      {
        name: 'heap left when all are closed, per watch',
        value: (after.heapUsed - before.heapUsed) / sizes.idleWatches / 1000,
        unit: 'kB',
      },
    ];
  } finally {
    for (const session of sessions) session.destroy();
  }
}

async function makeWorkspaces(canopy: CanopyProcess, session: ClientHttp2Session, count: number): Promise<string[]> {
  const names = Array.from({ length: count }, (_, i) => `watched-${i}`);
  const path = `/clusters/root${workspacesPath}`;
  for (const name of names) {
    const body = JSON.stringify({ metadata: { name }, spec: { type: { name: 'universal', path: 'root' } } });
    await requestOnce(session, canopy.target, { method: 'POST', path, body });
  }
  for (const name of names) {
    for (;;) {
      const { body } = await requestOnce(session, canopy.target, { method: 'GET', path: `${path}/${name}` });
      if ((JSON.parse(body.toString()) as { status?: { phase?: string } }).status?.phase === 'Ready') break;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  return names.map((name) => `/clusters/root:${name}`);
}

interface Where {
  canopy: CanopyProcess;
  sessions: readonly ClientHttp2Session[];
  clusters: readonly string[];
}

/** Opened one after the other on each connection, so that no queue of requests is measured. */
async function openWatches({ canopy, sessions, clusters }: Where, count: number): Promise<ClientHttp2Stream[]> {
  const streams: ClientHttp2Stream[] = [];
  await Promise.all(
    sessions.map(async (session, first) => {
      for (let i = first; i < count; i += sessions.length) {
        const collection = collections[i % collections.length];
        const cluster = clusters[Math.floor(i / sessions.length) % clusters.length];
        const query = 'watch=true&resourceVersion=1&allowWatchBookmarks=true';
        const stream = session.request(
          headersOf(canopy.target, { method: 'GET', path: `${cluster}${collection}?${query}` }),
        );
        stream.on('error', () => undefined);
        const [headers] = (await once(stream, 'response')) as [{ ':status'?: number }];
        if (headers[':status'] !== 200) throw new Error(`a watch was answered with ${headers[':status']}`);
        stream.resume();
        streams.push(stream);
      }
    }),
  );
  return streams;
}

async function closeAll(streams: readonly ClientHttp2Stream[]): Promise<void> {
  await Promise.all(
    streams.map((stream) => {
      stream.close();
      return once(stream, 'close');
    }),
  );
}
