import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findEtcd } from '../../packages/storage/src/testing/etcd/find-etcd.ts';
import { type EtcdCluster, startEtcd } from '../../packages/storage/src/testing/etcd/start-etcd.ts';
import { LoadProcess } from '../load/load-process.ts';
import type { LoadResult, LoopPlan } from '../load/plan.ts';
import { type CanopyProcess, startCanopy } from '../server/canopy-process.ts';
import { figuresOf } from '../server/process-figures.ts';
import { collectionOf, configMap } from '../suite/objects.ts';
import { bareEtcd, etcdMicros, share } from './bare-etcd.ts';

export interface ReplicaRow {
  store: string;
  what: string;
  perSecond?: number;
  /** Of the rate of a bare client doing the same with the same etcd. */
  ofBare?: number;
  /** Milliseconds. */
  p50?: number;
  p99?: number;
  /** Processor time of all servers, and of all members of etcd, for one operation; at rest, for one second. Microseconds. */
  serverMicros?: number;
  etcdMicros?: number | undefined;
}

export interface ReplicaBenchOptions {
  /** Source tree whose `dist/` is measured. */
  root: string;
  loopMs: number;
  onRows(rows: readonly ReplicaRow[]): void;
}

/** etcd's defaults, which tests shorten. Milliseconds. */
const usualPace = ['--heartbeat-interval=100', '--election-timeout=1000'];

type Verb = 'create' | 'get' | 'patch';

const concurrency = 32;
const mostReplicas = 3;
const seeded = 500;
const collection = collectionOf('default');
const patchBody = JSON.stringify({ metadata: { annotations: { round: '#' } } });
const verbs: Record<Verb, Pick<LoopPlan, 'method' | 'path' | 'body' | 'contentType' | 'status' | 'wrap'>> = {
  create: { method: 'POST', path: collection, body: configMap('object-#'), status: 201 },
  get: { method: 'GET', path: `${collection}/read-#`, status: 200, wrap: true },
  patch: {
    method: 'PATCH',
    path: `${collection}/object-#`,
    body: patchBody,
    contentType: 'application/merge-patch+json',
    status: 200,
  },
};

/** The embedded database first, then etcd with one member and with three, each with one to three servers. */
export async function measureReplicas(options: ReplicaBenchOptions): Promise<ReplicaRow[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'canopy-bench-replicas-'));
  const loads = Array.from({ length: mostReplicas }, () => new LoadProcess());
  const rows: ReplicaRow[] = [];
  const add = (...more: ReplicaRow[]): void => {
    rows.push(...more);
    options.onRows(more);
  };
  try {
    await measureEmbedded(new Stage(options, path.join(directory, 'embedded'), loads), add);
    for (const members of [1, 3] as const)
      await measureEtcd(new Stage(options, path.join(directory, `etcd-${members}`), loads), members, add);
    return rows;
  } finally {
    await Promise.all(loads.map((load) => load.stop()));
    rmSync(directory, { recursive: true, force: true });
  }
}

async function measureEmbedded(stage: Stage, add: (row: ReplicaRow) => void): Promise<void> {
  try {
    await stage.grow([]);
    for (const verb of ['create', 'get', 'patch'] as const) add(await stage.measure(verb, undefined, new Map()));
  } finally {
    await stage.stop();
  }
}

async function measureEtcd(stage: Stage, members: 1 | 3, add: (row: ReplicaRow) => void): Promise<void> {
  const { current } = findEtcd();
  if (!current.found) throw new Error(current.reason);
  const etcd = await startEtcd({ binary: current.path, members, flags: usualPace });
  const store = `etcd, ${members}`;
  try {
    const bare = new Map<Verb, number>();
    for (const [what, verb] of [
      ['put', 'create'],
      ['get', 'get'],
    ] as const) {
      const result = await bareEtcd(etcd, { what, concurrency, ms: stage.loopMs });
      bare.set(verb, result.perSecond);
      add({ store, what: `bare ${what}`, ...result });
    }
    bare.set('patch', bare.get('create') as number);
    for (let replicas = 1; replicas <= mostReplicas; replicas++) {
      await stage.grow(['--etcd-servers', etcd.endpoints.join(',')]);
      add({ ...(await stage.rest(etcd)), store });
      for (const verb of ['create', 'get', 'patch'] as const)
        add({ ...(await stage.measure(verb, etcd, bare)), store });
    }
  } finally {
    await stage.stop();
    await etcd.stop();
  }
}

/** Servers on one store. */
class Stage {
  readonly loopMs: number;
  private readonly root: string;
  private readonly directory: string;
  private readonly loads: readonly LoadProcess[];
  private readonly servers: CanopyProcess[] = [];
  private phase = 0;
  /** What each server's part of the last creating phase made, for patches to change each once. */
  private made = new Map<number, { first: number; count: number }>();

  constructor({ root, loopMs }: ReplicaBenchOptions, directory: string, loads: readonly LoadProcess[]) {
    this.root = root;
    this.loopMs = loopMs;
    this.directory = directory;
    this.loads = loads;
  }

  /** One server more, which has done all that is measured for a while; the first makes what reads and patches work on. */
  async grow(flags: readonly string[]): Promise<void> {
    const server = await startCanopy(this.root, `${this.directory}-${this.servers.length}`, [], flags);
    if (this.servers.length === 0) await this.seed(server);
    this.servers.push(server);
    for (const verb of ['create', 'get', 'patch'] as const) await this.loop(verb, server, this.servers.length - 1);
  }

  async stop(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop()));
  }

  private async seed(server: CanopyProcess): Promise<void> {
    await this.loads[0]?.run({
      ...{ kind: 'loop', target: server.target, concurrency, first: 0, count: seeded, ms: 120_000 },
      ...{ method: 'POST', path: collection, body: configMap('read-#'), status: 201 },
    });
  }

  /** Processor time in a second without requests, all controllers waiting. */
  async rest(etcd: EtcdCluster): Promise<ReplicaRow> {
    await sleep(1000);
    const before = await this.cpu();
    const beforeEtcd = etcdMicros(etcd);
    const started = performance.now();
    await sleep(this.loopMs);
    const seconds = (performance.now() - started) / 1000;
    return {
      store: 'embedded',
      what: `at rest, ${this.crowd}`,
      serverMicros: ((await this.cpu()) - before) / seconds,
      etcdMicros: share(beforeEtcd, etcdMicros(etcd), seconds),
    };
  }

  /** The same number of requests under way, however many servers they are spread over. */
  async measure(verb: Verb, etcd: EtcdCluster | undefined, bare: ReadonlyMap<Verb, number>): Promise<ReplicaRow> {
    const before = await this.cpu();
    const beforeEtcd = etcd && etcdMicros(etcd);
    const results = await Promise.all(this.servers.map((server, i) => this.loop(verb, server, i)));
    const count = results.reduce((sum, result) => sum + result.count, 0);
    const perSecond = results.reduce((sum, result) => sum + result.count / result.seconds, 0);
    const slowest = bare.get(verb);
    return {
      store: 'embedded',
      what: `${verb}, ${this.crowd}`,
      perSecond,
      ...(slowest === undefined ? {} : { ofBare: perSecond / slowest }),
      p50: Math.max(...results.map(({ latency }) => latency.p50)),
      p99: Math.max(...results.map(({ latency }) => latency.p99)),
      serverMicros: ((await this.cpu()) - before) / count,
      etcdMicros: etcd && share(beforeEtcd, etcdMicros(etcd), count),
    };
  }

  private async loop(verb: Verb, server: CanopyProcess, i: number): Promise<LoadResult> {
    const part = Math.floor(seeded / this.servers.length);
    const of = {
      create: { first: ++this.phase * 1_000_000, count: 1_000_000 },
      get: { first: i * part, count: part },
      patch: this.made.get(i) ?? { first: 0, count: 0 },
    }[verb];
    const result = await (this.loads[i] as LoadProcess).run({
      kind: 'loop',
      target: server.target,
      concurrency: Math.round(concurrency / this.servers.length),
      ...of,
      ms: this.loopMs,
      ...verbs[verb],
    });
    if (verb === 'create') this.made.set(i, { first: of.first, count: result.count });
    return result;
  }

  private get crowd(): string {
    return `${this.servers.length} ${this.servers.length === 1 ? 'server' : 'servers'}`;
  }

  private async cpu(): Promise<number> {
    const figures = await Promise.all(this.servers.map(({ child }) => figuresOf(child)));
    return figures.reduce((sum, { cpuMicros }) => sum + cpuMicros, 0);
  }
}
