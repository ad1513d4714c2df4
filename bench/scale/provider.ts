import { readFileSync } from 'node:fs';
import { quantile, spreadOf } from '../load/latencies.ts';
import { eachLine } from '../load/lines.ts';
import { headersOf } from '../load/session.ts';
import type { Row } from '../report.ts';
import { settledMemory } from '../server/process-figures.ts';
import type { Api } from './api.ts';
import type { Populated } from './stage.ts';
import { configMaps, inWorkspace, makeProvider, order, orderGroup, orders } from './world.ts';

const pageSize = 500;
const ordersPerSecond = 500;
const probePauseMs = 5;
/** A server that cannot keep up is not asked for more, which the rate then shows. */
const mostUnanswered = 300;

interface Page {
  metadata: { resourceVersion: string; continue?: string };
  items: object[];
}

/** One provider that sees the orders of all workspaces under one URL. */
export async function measureProvider(many: Populated, orderingMs: number): Promise<Row[]> {
  const cluster = await makeProvider(many.api);
  const all = `/services/apiexport/${cluster}/orders/clusters/*/apis/${orderGroup}/v1/orders`;
  const before = (await settledMemory(many.canopy.child)).rss;
  const rows = await pagedList(many.api, all);
  rows.push(...(await wholeList(many, all)));
  rows.push(...(await watchOrders(many, all, orderingMs)));
  const after = (await settledMemory(many.canopy.child)).rss;
  rows.push({ name: 'provider: resident, more than before', value: (after - before) / 1e6, unit: 'MB' });
  return rows;
}

async function pagedList(api: Api, all: string): Promise<Row[]> {
  const times: number[] = [];
  let found = 0;
  let token = '';
  do {
    const started = performance.now();
    const page = await api.ok<Page>('GET', `${all}?limit=${pageSize}&continue=${encodeURIComponent(token)}`);
    times.push(performance.now() - started);
    found += page.items.length;
    token = page.metadata.continue ?? '';
  } while (token !== '');
  const tenth = Math.ceil(times.length / 10);
  const lastOfFirst = quantile(
    [...times.slice(-tenth)].sort((a, b) => a - b),
    0.5,
  );
  const first = quantile(
    [...times.slice(0, tenth)].sort((a, b) => a - b),
    0.5,
  );
  return [
    { name: 'provider: orders found in pages', value: found, unit: 'orders', ...spreadOf(times) },
    { name: 'provider: last pages', value: lastOfFirst / first, unit: 'of first' },
  ];
}

/** A list without a limit, while another client reads in a loop. */
async function wholeList({ api, canopy }: Populated, all: string): Promise<Row[]> {
  const probes: number[] = [];
  let running = true;
  const before = residentBytes(canopy.child.pid, 'now');
  const probing = (async () => {
    while (running) {
      const sent = performance.now();
      await api.ok('GET', inWorkspace(0, `${configMaps}/first`));
      probes.push(performance.now() - sent);
      await new Promise((resolve) => setTimeout(resolve, probePauseMs));
    }
  })();
  const started = performance.now();
  const bytes = await download(api, all);
  const ms = performance.now() - started;
  running = false;
  await probing;
  return [
    { name: 'provider: list without a limit', value: ms, unit: 'ms' },
    { name: 'provider: its length', value: bytes / 1e6, unit: 'MB' },
    {
      name: 'provider: peak above rest meanwhile',
      value: (residentBytes(canopy.child.pid, 'peak') - before) / 1e6,
      unit: 'MB',
    },
    { name: 'provider: GETs of others meanwhile', value: Math.max(...probes), unit: 'ms, worst', ...spreadOf(probes) },
  ];
}

/** Looked at without parsing it: its bytes pass through. */
async function download(api: Api, path: string): Promise<number> {
  const stream = api.session.request(headersOf(api.target, { method: 'GET', path }));
  let bytes = 0;
  let tail: Buffer = Buffer.alloc(0);
  for await (const chunk of stream) {
    bytes += (chunk as Buffer).byteLength;
    tail = (chunk as Buffer).subarray(-2);
  }
  if (!tail.toString().endsWith('}')) throw new Error('the list broke off');
  return bytes;
}

/** Most bytes that were resident since the process started, or those that are now; 0 where there is no /proc. */
function residentBytes(pid: number | undefined, which: 'peak' | 'now'): number {
  try {
    const text = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number((which === 'now' ? /VmRSS:\s+(\d+)/ : /VmHWM:\s+(\d+)/).exec(text)?.[1]) * 1024;
  } catch {
    return 0;
  }
}

/** Orders at a steady pace in workspaces far apart: from the answer of the POST to the event at the provider. */
async function watchOrders({ api, count }: Populated, all: string, orderingMs: number): Promise<Row[]> {
  const { metadata } = await api.ok<Page>('GET', `${all}?limit=1`);
  const path = `${all}?watch=true&resourceVersion=${metadata.resourceVersion}`;
  const stream = api.session.request(headersOf(api.target, { method: 'GET', path }));
  stream.on('error', () => undefined);
  const arrived = new Map<string, number>();
  eachLine(stream, (line) => {
    const { type, object } = JSON.parse(line.toString()) as { type: string; object: { metadata: { name: string } } };
    if (type === 'ADDED') arrived.set(object.metadata.name, performance.now());
  });
  const run = `o-${Date.now().toString(36)}`;
  const answered = new Map<string, number>();
  const sending: Promise<void>[] = [];
  const started = performance.now();
  for (let sent = 0; sent < (ordersPerSecond * orderingMs) / 1000; ) {
    const due = ((performance.now() - started) / 1000) * ordersPerSecond;
    for (; sent < due && sending.length - answered.size < mostUnanswered; sent++) {
      const name = `${run}-${sent}`;
      const workspace = (sent * 7919) % count;
      sending.push(
        api.ok('POST', inWorkspace(workspace, orders), order(name)).then(() => {
          answered.set(name, performance.now());
        }),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all(sending);
  const seconds = (performance.now() - started) / 1000;
  while (arrived.size < answered.size) await new Promise((resolve) => setTimeout(resolve, 5));
  stream.close();
  const delays = [...answered].map(([name, at]) => Math.max(0, (arrived.get(name) as number) - at));
  const spread = spreadOf(delays);
  return [
    { name: 'provider: orders', value: answered.size / seconds, unit: '/s' },
    {
      name: 'provider: order seen after its answer, p99',
      value: spread.p99,
      unit: 'ms',
      ...spread,
      bar: { limit: 50, better: 'lower' },
    },
  ];
}
