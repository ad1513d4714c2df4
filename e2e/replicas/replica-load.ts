import { setTimeout as sleep } from 'node:timers/promises';
import { type Connect, ExactClient } from '../faults/exact-client.ts';
import { UnexpectedAnswer } from '../faults/known-objects.ts';
import type { Random } from '../faults/random.ts';
import { type Shop, shopPath } from '../faults/shop.ts';
import { TreeClient } from '../faults/tree-client.ts';
import type { CanopyProcess } from '../harness/canopy-process.ts';
import { Rest } from '../harness/rest.ts';

/** What a killed process had already sent to etcd may still be applied; milliseconds after which it is over for sure. */
const inFlightMs = 1500;

interface LoadClient {
  load(connect: Connect, enough: () => boolean): Promise<void>;
  compare(connect: Connect): Promise<string[]>;
}

/** Clients at work on all replicas, some at one of them, some with each request at the next. */
export class ReplicaLoad {
  readonly problems: string[] = [];
  private readonly exact: ExactClient[];
  private readonly trees: TreeClient[];
  private readonly witness = new RevisionWitness();
  private readonly living: Set<CanopyProcess>;
  private readonly homes: Map<LoadClient, CanopyProcess>;
  private deaths = 0;
  private running: Promise<unknown> = Promise.resolve();
  private stopping = false;

  constructor(replicas: readonly CanopyProcess[], shop: Shop, random: Random) {
    this.living = new Set(replicas);
    const names = [...replicas.map((_, i) => `at${i}`), 'spread'];
    this.exact = names.flatMap((name) => [
      new ExactClient(`map-${name}`, shop.configMaps, random.fork()),
      new ExactClient(`order-${name}`, shop.orders, random.fork()),
    ]);
    this.trees = names.map((name) => new TreeClient(`tree-${name}`, shopPath, random.fork()));
    this.homes = new Map(
      replicas.flatMap((replica, i): [LoadClient, CanopyProcess][] => [
        [this.exact[2 * i] as ExactClient, replica],
        [this.exact[2 * i + 1] as ExactClient, replica],
        [this.trees[i] as TreeClient, replica],
      ]),
    );
  }

  get acknowledged(): number {
    const exact = this.exact.reduce((sum, { known }) => sum + known.acknowledged, 0);
    return this.trees.reduce((sum, tree) => sum + tree.acknowledged, exact);
  }

  start(): void {
    this.stopping = false;
    this.running = Promise.all([...this.clients, this.witness].map((client) => this.keepBusy(client)));
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.running;
  }

  /** To be called before the kill. */
  died(replica: CanopyProcess): void {
    this.deaths += 1;
    this.living.delete(replica);
  }

  livesAgain(replica: CanopyProcess): void {
    this.living.add(replica);
  }

  /** Everything acknowledged, read through every replica; what is wrong, in words. */
  async compare(): Promise<string[]> {
    const wrong: string[] = [];
    for (const replica of this.living)
      for (const client of this.clients)
        wrong.push(...(await client.compare((cluster) => Rest.connect(replica, cluster))));
    return wrong;
  }

  private get clients(): LoadClient[] {
    return [...this.exact, ...this.trees];
  }

  /** A client whose replica is killed looks at what it knows through the others, and goes on there. */
  private async keepBusy(client: LoadClient): Promise<void> {
    while (!this.stopping) {
      const { deaths } = this;
      try {
        await client.load(
          (cluster) => this.connect(client, cluster),
          () => this.stopping,
        );
      } catch (error) {
        if (error instanceof UnexpectedAnswer || this.deaths === deaths) {
          this.problems.push(`a client ended: ${(error as Error).message}`);
          return;
        }
        await sleep(inFlightMs);
        const spread: Connect = (cluster) => Rest.spread([...this.living], cluster);
        this.problems.push(...(await client.compare(spread).catch((failure: Error) => [failure.message])));
      }
    }
  }

  private connect(client: LoadClient, cluster: string): Rest {
    const home = this.homes.get(client);
    return Rest.spread(home !== undefined && this.living.has(home) ? [home] : [...this.living], cluster);
  }
}

/** Reads lists from one replica after the other, whose revisions must never go back. */
class RevisionWitness implements LoadClient {
  private newest = 0;

  async load(connect: Connect, enough: () => boolean): Promise<void> {
    const rest = connect('root');
    try {
      while (!enough()) await this.look(rest);
    } finally {
      rest.close();
    }
  }

  async compare(): Promise<string[]> {
    return [];
  }

  private async look(rest: Rest): Promise<void> {
    const { metadata } = await rest.ok('GET', '/api/v1/namespaces?limit=1');
    const revision = Number(metadata.resourceVersion);
    if (revision < this.newest)
      throw new UnexpectedAnswer(`a list at revision ${revision}, after one at ${this.newest}`);
    this.newest = revision;
    await sleep(20);
  }
}
