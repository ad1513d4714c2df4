import type { Target } from '../server/canopy-process.ts';
import type { FloodPlan } from './flood.ts';
import { configMap, configMaps, tokenOf } from './tenants.ts';

export const floodUsers = 20;
export const floodWorkspaces = 20;
const text = 'x'.repeat(1000);

/** What one tenant does beside another, by name; each keeps the server's main thread busy all the time. */
export function floodsOf({ url, ca }: Target): Readonly<Record<string, FloodPlan>> {
  const many = configMaps('bad-0');
  const one = [`${many}/c-1`];
  const gets: FloodPlan = {
    url,
    ca,
    tokens: [tokenOf('mallory-0')],
    paths: one,
    method: 'GET',
    connections: 8,
    streams: 100,
    retryMs: 1000,
  };
  return {
    gets,
    'gets, 2,400 at once': { ...gets, streams: 300 },
    'gets, never pausing': { ...gets, streams: 300, retryMs: 0 },
    'gets, 20 users': { ...gets, tokens: Array.from({ length: floodUsers }, (_, i) => tokenOf(`mallory-${i}`)) },
    'gets, 20 workspaces': {
      ...gets,
      paths: Array.from({ length: floodWorkspaces }, (_, i) => `${configMaps(`bad-${i}`)}/c-0`),
    },
    'lists of 500': { ...gets, streams: 25, paths: [many] },
    'pages of 500': { ...gets, streams: 25, paths: [`${many}?limit=500`] },
    creates: {
      ...gets,
      method: 'POST',
      paths: [configMaps('bad-1')],
      body: JSON.stringify(configMap('f-#', { text })),
    },
    patches: {
      ...gets,
      method: 'PATCH',
      paths: [`${many}/c-#`],
      body: '{"metadata":{"annotations":{"round":"#"}}}',
      contentType: 'application/merge-patch+json',
    },
    watches: { ...gets, watch: true, connections: 16, streams: 50, paths: [`${configMaps('bad-2')}?watch=true`] },
  };
}
