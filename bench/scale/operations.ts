import { eachLine } from '../load/lines.ts';
import { headersOf } from '../load/session.ts';
import type { Api } from './api.ts';
import { configMap, configMaps, inWorkspace } from './world.ts';

/** What a user does in one workspace. Resolves when it is done and was answered as it should be; milliseconds. */
export type Operation = (api: Api, workspace: number) => Promise<number>;

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
let turn = 0;

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

const get: Operation = (api, workspace) => timed(() => api.ok('GET', inWorkspace(workspace, `${configMaps}/first`)));

const list: Operation = (api, workspace) =>
  timed(() => api.ok('GET', inWorkspace(workspace, `${configMaps}?limit=500`)));

const create: Operation = async (api, workspace) => {
  const name = `made-${Date.now().toString(36)}-${turn++}`;
  const at = inWorkspace(workspace, configMaps);
  const ms = await timed(() => api.ok('POST', at, configMap(name)));
  await api.ok('DELETE', `${at}/${name}`);
  return ms;
};

async function touch(api: Api, workspace: number): Promise<void> {
  const path = inWorkspace(workspace, `${configMaps}/first`);
  const patch = { data: { touched: String(turn++) } };
  const { status } = await api.send('PATCH', path, patch, 'application/merge-patch+json');
  if (status !== 200) throw new Error(`PATCH ${path} was answered with ${status}`);
}

const patch: Operation = (api, workspace) => timed(() => touch(api, workspace));

/** From sending a PATCH to the whole event at a watcher of the namespace. */
const watch: Operation = async (api, workspace) => {
  const path = inWorkspace(workspace, `${configMaps}?watch=true`);
  const stream = api.session.request(headersOf(api.target, { method: 'GET', path }));
  const seen = new Map<string, (at: number) => void>();
  const event = (wanted: string): Promise<number> => new Promise((resolve) => seen.set(wanted, resolve));
  eachLine(stream, (line) => {
    const { type } = JSON.parse(line.toString()) as { type: string };
    seen.get(type)?.(performance.now());
  });
  stream.on('error', () => undefined);
  const modified = event('MODIFIED');
  await event('ADDED');
  const sent = performance.now();
  const [arrived] = await Promise.all([modified, touch(api, workspace)]);
  stream.close();
  return arrived - sent;
};

const discovery: Operation = (api, workspace) =>
  timed(async () => {
    for (const path of ['/api', '/apis']) await api.okAs(inWorkspace(workspace, path), aggregated);
    await api.ok('GET', inWorkspace(workspace, '/openapi/v3'));
  });

/** Repeated in one workspace, which by then is in every cache. */
export const warmOperations: Readonly<Record<string, Operation>> = { get, list, create, patch, watch, discovery };

/** The first thing, the second and the third, that anybody does in a workspace since the server started. */
export const coldOperations: Readonly<Record<string, Operation>> = { get, list, discovery };
