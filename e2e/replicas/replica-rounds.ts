import { setTimeout as sleep } from 'node:timers/promises';
import type { EtcdMember } from '../../packages/storage/src/testing/etcd/etcd-member.ts';
import { Random } from '../faults/random.ts';
import { openShop } from '../faults/shop.ts';
import { tornWorkspaces, unfinished } from '../faults/store-audit.ts';
import type { CanopyProcess } from '../harness/canopy-process.ts';
import { eventually } from '../harness/poll.ts';
import { Rest } from '../harness/rest.ts';
import { EtcdView } from './etcd-view.ts';
import { repeated, scattered } from './log-audit.ts';
import { ReplicaLoad } from './replica-load.ts';
import { type ReplicaSet, startReplicas } from './replica-set.ts';
import { ReplicaWatches } from './replica-watches.ts';

export interface ReplicaRoundsOptions {
  /** In each, every replica and every member of etcd is killed once. */
  rounds: number;
  seed: number;
  /** Milliseconds within which the controllers of a killed replica must be with others. Default 10,000. */
  takeoverMs?: number;
  onKill?: (kill: ReplicaKill) => void;
}

export interface ReplicaKill {
  victim: string;
  /** Writes acknowledged up to now, all clients. */
  acknowledged: number;
  /** From the kill of a replica until others held all of the controllers, milliseconds. */
  takeoverMs?: number;
  /** What was found wrong, in words. */
  problems: string[];
}

export interface ReplicaRun {
  kills: ReplicaKill[];
  acknowledged: number;
  /** Events that watches have told, each compared with etcd's log. */
  events: number;
  changes: number;
  /** How often others took a replica for dead that lived. */
  mistaken: number;
  /** Of the end: what is left undone or was done twice. */
  problems: string[];
}

const holders = '/w/shares/holder/';
const settleMs = 60_000;
/** A replica that is gone is missed after five seconds. */
const defaultTakeoverMs = 10_000;

/** Kills replicas and members of etcd under mixed load, and holds what is there against what was acknowledged and logged. */
export async function replicaRounds(options: ReplicaRoundsOptions): Promise<ReplicaRun> {
  const set = await startReplicas(3);
  try {
    const random = new Random(options.seed);
    const run = new Run(set, random, await prepare(set, random));
    return await run.all(options);
  } finally {
    await set.stop();
  }
}

async function prepare(set: ReplicaSet, random: Random) {
  const [first] = set.replicas as [CanopyProcess];
  const shop = await openShop(first);
  const view = new EtcdView(set.etcd.endpoints);
  return {
    view,
    load: new ReplicaLoad(set.replicas, shop, random),
    watches: new ReplicaWatches(view, shop.watches, set.replicas, await view.begin()),
  };
}

class Run {
  private readonly set: ReplicaSet;
  private readonly random: Random;
  private readonly view: EtcdView;
  private readonly load: ReplicaLoad;
  private readonly watches: ReplicaWatches;
  private dangling = 0;
  private mistaken = 0;

  constructor(set: ReplicaSet, random: Random, { view, load, watches }: Awaited<ReturnType<typeof prepare>>) {
    this.set = set;
    this.random = random;
    this.view = view;
    this.load = load;
    this.watches = watches;
  }

  async all({ rounds, takeoverMs, onKill }: ReplicaRoundsOptions): Promise<ReplicaRun> {
    const kills: ReplicaKill[] = [];
    await this.watches.open();
    for (let round = 0; round < rounds; round++) {
      const replicaKills = this.set.replicas.map((_, i) => () => this.killReplica(i, takeoverMs));
      for (const kill of [...replicaKills, ...this.memberKills()]) {
        const done = await this.underLoad(kill);
        kills.push(done);
        onKill?.(done);
      }
      if (kills.some(({ problems }) => problems.length > 0)) break;
    }
    const problems = await this.settle();
    const { acknowledged } = this.load;
    for (const replica of this.set.replicas) this.count(replica);
    const changes = (await this.view.history()).length;
    return { kills, acknowledged, events: this.watches.events, changes, mistaken: this.mistaken, problems };
  }

  private async underLoad(kill: () => Promise<ReplicaKill>): Promise<ReplicaKill> {
    this.load.start();
    await this.makeDangling();
    await sleep(this.random.between(300, 1200));
    const done = await kill();
    await sleep(500);
    await this.load.stop();
    done.problems.push(...this.load.problems.splice(0), ...(await this.load.compare()));
    done.acknowledged = this.load.acknowledged;
    return done;
  }

  private async killReplica(index: number, takeoverMs = defaultTakeoverMs): Promise<ReplicaKill> {
    const replica = this.set.replicas[index] as CanopyProcess;
    const heir = this.set.replicas[(index + 1) % this.set.replicas.length] as CanopyProcess;
    const before = await this.holding();
    const problems: string[] = [];
    this.load.died(replica);
    await replica.end('SIGKILL');
    const killed = performance.now();
    const taken = eventually(() => this.takenOver(before), {
      within: takeoverMs,
      what: 'the takeover of all controllers',
    }).then(
      () => undefined,
      (error: Error) => void problems.push(error.message),
    );
    const timed = taken.then(() => Math.round(performance.now() - killed));
    problems.push(...(await this.watches.move(replica, heir)));
    const took = await timed;
    this.count(replica);
    await replica.startAgain();
    this.load.livesAgain(replica);
    return { victim: `replica ${index}`, acknowledged: 0, takeoverMs: took, problems };
  }

  /** To be called at the end of a replica's life. */
  private count(replica: CanopyProcess): void {
    this.mistaken += replica.stderr.split('was taken for dead').length - 1;
  }

  /** The leader first, then the others. */
  private memberKills(): (() => Promise<ReplicaKill>)[] {
    const done = new Set<EtcdMember>();
    return this.set.etcd.members.map(() => async () => {
      const leader = await this.set.etcd.leader();
      const others = this.set.etcd.members.filter((member) => !done.has(member) && member !== leader);
      const victim = done.has(leader) ? (others[0] as EtcdMember) : leader;
      done.add(victim);
      await victim.kill();
      await sleep(this.random.between(500, 2500));
      await victim.restart();
      return {
        victim: `etcd ${victim.name}${victim === leader ? ', the leader' : ''}`,
        acknowledged: 0,
        problems: [],
      };
    });
  }

  /** Which replica holds what. */
  private async holding(): Promise<Map<string, string>> {
    const keys = await this.view.keys(holders);
    return new Map(keys.map(({ key, value }) => [key, (JSON.parse(value) as { replica: string }).replica]));
  }

  /** By two replicas that live, everything that three had. */
  private async takenOver(before: ReadonlyMap<string, string>): Promise<boolean> {
    const now = await this.holding();
    return now.size >= before.size && new Set(now.values()).size === this.set.replicas.length - 1;
  }

  /** Something that a controller reports in an Event, once. */
  private async makeDangling(): Promise<void> {
    const rest = Rest.spread([this.set.replicas[0] as CanopyProcess], 'root:alpha');
    const name = `dangling-${this.dangling++}`;
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'nowhere', uid: crypto.randomUUID() };
    await rest.ok('POST', '/apis/rbac.authorization.k8s.io/v1/clusterroles', {
      metadata: { name, ownerReferences: [owner] },
    });
    rest.close();
  }

  /** Once controllers are done; what is left, was done twice or told wrong, in words. */
  private async settle(): Promise<string[]> {
    let left: string[] = [];
    const problems: string[] = [];
    const orderly = eventually(
      async () => {
        await this.view.refresh();
        left = unfinished(this.view);
        return left.length === 0;
      },
      { within: settleMs },
    );
    await orderly.catch(() => problems.push(...left.slice(0, 20)));
    problems.push(...(await this.load.compare()), ...(await this.watches.finish()));
    const history = await this.view.history();
    problems.push(...tornWorkspaces(history), ...scattered(history), ...repeated(history));
    const reported = history.filter(({ key, type }) => type === 'ADDED' && key.startsWith('/r/core/events/'));
    const names = reported.filter(({ key }) => key.includes('/dangling-'));
    if (names.length !== this.dangling) problems.push(`${names.length} Events about ${this.dangling} objects`);
    return problems;
  }
}
