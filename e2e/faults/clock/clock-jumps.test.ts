import { request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CanopyProcess } from '../../harness/canopy-process.ts';
import { eventually } from '../../harness/poll.ts';
import { processorTime } from '../../harness/processor-time.ts';
import { type KubeJson, Rest } from '../../harness/rest.ts';
import { openWatch } from '../../harness/watch-stream.ts';
import { StoreSnapshot } from '../store-snapshot.ts';
import { ClockShift, dayMs } from './clock-shift.ts';

const configMaps = '/api/v1/namespaces/default/configmaps';
const workspaces = '/apis/tenancy.kcp.io/v1alpha1/workspaces';
const events = '/api/v1/namespaces/default/events';
const jumps: [string, number][] = [
  ['a day ahead', dayMs],
  ['a day back', -dayMs],
];

let clock: ClockShift;
let server: CanopyProcess;
let rest: Rest;

beforeEach(async () => {
  clock = new ClockShift();
  server = await CanopyProcess.start({ env: clock.env });
  rest = Rest.connect(server, 'root');
});
afterEach(async () => {
  rest.close();
  await server.dispose();
  clock.remove();
});

/** Sets the time and waits until the server goes by it: new objects have the new time. */
async function jump(shiftMs: number): Promise<void> {
  clock.set(shiftMs);
  await eventually(async () => {
    const made = await rest.ok('POST', `${configMaps}?dryRun=All`, { metadata: { name: 'what-time-is-it' } });
    const { creationTimestamp } = made.metadata as unknown as { creationTimestamp: string };
    return Math.abs(Date.parse(creationTimestamp) - Date.now() - shiftMs) < dayMs / 2;
  });
}

/** Writes one after the other until it is told to stop; answers with what was acknowledged. */
function writer(): { stop(): Promise<KubeJson[]> } {
  let stopping = false;
  const kept: KubeJson[] = [];
  const work = (async () => {
    while (!stopping) kept.push(await rest.ok('POST', configMaps, { metadata: { name: `c-${kept.length}` } }));
  })();
  return {
    async stop() {
      stopping = true;
      await work;
      return kept;
    },
  };
}

async function token(): Promise<string> {
  const path = '/api/v1/namespaces/default/serviceaccounts/default/token';
  const answer = await rest.ok('POST', path, { spec: { expirationSeconds: 3600 } });
  return (answer.status as { token: string }).token;
}

/** 403: who it is, is known. */
async function statusWith(bearer: string): Promise<number> {
  return (await rest.at('root', bearer).get(configMaps)).status;
}

async function makeAndRemoveWorkspace(name: string): Promise<void> {
  await rest.ok('POST', workspaces, { metadata: { name } });
  await eventually(async () => (await rest.ok('GET', `${workspaces}/${name}`)).status['phase'] === 'Ready');
  await rest.at(`root:${name}`).ok('POST', configMaps, { metadata: { name: 'inside' } });
  await rest.ok('DELETE', `${workspaces}/${name}`);
  await eventually(async () => (await rest.get(`${workspaces}/${name}`)).status === 404, { what: 'its end' });
}

function revisionOf({ metadata }: KubeJson): number {
  return Number(metadata.resourceVersion);
}

function expectRising(objects: readonly KubeJson[]): void {
  const revisions = objects.map(revisionOf);
  expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
}

describe('a server whose clock is set while it works', () => {
  it.each(jumps)('%s goes on: writes, watches, requests under way and Events are as before', async (_, shiftMs) => {
    const { metadata } = await rest.ok('GET', configMaps);
    const from = `watch=true&resourceVersion=${metadata.resourceVersion}`;
    const watch = await openWatch(rest, `${configMaps}?${from}`);
    const short = await openWatch(rest, `${configMaps}?${from}&timeoutSeconds=3`);
    await rest.ok('POST', events, { metadata: { name: 'told' }, involvedObject: { namespace: 'default' } });
    const upload = slowUpload('slow');

    const writing = writer();
    await sleep(300);
    await jump(shiftMs);
    expect(short.ended).toBe(false);
    await sleep(300);
    const kept = await writing.stop();
    expectRising(kept);
    await watch.named('ADDED', kept.at(-1)?.metadata.name as string);
    expect(watch.events.map(({ object }) => object.metadata.resourceVersion)).toEqual(
      kept.map((object) => object.metadata.resourceVersion),
    );
    await short.end();
    expect(await upload.finish()).toBe(201);
    expect((await rest.get(`${events}/told`)).status).toBe(200);
    await server.end('SIGKILL');
    const snapshot = StoreSnapshot.ofDead(server.rootDirectory);
    expect(snapshot.faults()).toEqual([]);
    snapshot.close();
  });

  it.each(jumps)('%s has its controllers go on, and rests when there is nothing to do', async (_, shiftMs) => {
    const stuck = { metadata: { name: 'stuck' } };
    await rest.ok('POST', '/api/v1/namespaces', stuck);
    const held = { metadata: { name: 'held', finalizers: ['example.com/hold'] } };
    await rest.ok('POST', '/api/v1/namespaces/stuck/configmaps', held);
    await rest.ok('DELETE', '/api/v1/namespaces/stuck');
    await makeAndRemoveWorkspace('before');
    await jump(shiftMs);
    await makeAndRemoveWorkspace('after');
    const busy = await processorTime(server.pid, 2000);
    if (busy !== undefined) expect(busy).toBeLessThan(600);
    const free = { metadata: { finalizers: null } };
    await rest.ok('PATCH', '/api/v1/namespaces/stuck/configmaps/held', free);
    await eventually(async () => (await rest.get('/api/v1/namespaces/stuck')).status === 404, { what: 'its end' });
    await jump(0);
    await makeAndRemoveWorkspace('again');
  });

  it.each(jumps)('%s goes by the new time where tokens say until when they are good', async (_, shiftMs) => {
    const [admitted, refused] = [403, 401];
    const before = await token();
    expect(await statusWith(before)).toBe(admitted);
    await jump(shiftMs);
    expect(await statusWith(before)).toBe(refused);
    const after = await token();
    expect(await statusWith(after)).toBe(admitted);
    await jump(0);
    expect(await statusWith(before)).toBe(admitted);
    expect(await statusWith(after)).toBe(refused);
  });

  it.each(jumps)('%s while it was stopped comes back with all that it acknowledged', async (_, shiftMs) => {
    const before = await rest.ok('POST', configMaps, { metadata: { name: 'before' } });
    await rest.ok('POST', events, { metadata: { name: 'told' }, involvedObject: { namespace: 'default' } });
    await server.end('SIGKILL');
    clock.set(shiftMs);
    await server.startAgain();
    rest.close();
    rest = Rest.connect(server, 'root');
    expect((await rest.ok('GET', `${configMaps}/before`)).metadata).toEqual(before.metadata);
    const after = await rest.ok('POST', configMaps, { metadata: { name: 'after' } });
    expectRising([before, after]);
    await makeAndRemoveWorkspace('later');
    const there = shiftMs < 0 ? 200 : 404;
    await eventually(async () => (await rest.get(`${events}/told`)).status === there);
  });
});

/** A request whose body ends when it is told to. */
function slowUpload(name: string): { finish(): Promise<number> } {
  const request = httpsRequest(`${server.url}/clusters/root${configMaps}`, {
    method: 'POST',
    ca: server.ca,
    headers: { authorization: `Bearer ${server.adminToken()}`, 'content-type': 'application/json' },
  });
  const answered = new Promise<number>((resolve, reject) => {
    request.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.once('error', reject);
  });
  answered.catch(() => undefined);
  request.write('{"metadata":');
  return {
    finish() {
      request.end(JSON.stringify({ name }).concat('}'));
      return answered;
    },
  };
}
