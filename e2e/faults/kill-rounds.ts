import { setTimeout as sleep } from 'node:timers/promises';
import { CanopyProcess } from '../harness/canopy-process.ts';
import { eventually } from '../harness/poll.ts';
import { Rest } from '../harness/rest.ts';
import { ClockShift, dayMs } from './clock/clock-shift.ts';
import { type Connect, ExactClient } from './exact-client.ts';
import { UnexpectedAnswer } from './known-objects.ts';
import { Random } from './random.ts';
import { openShop, type Shop, shopPath } from './shop.ts';
import { tornWorkspaces, unfinished } from './store-audit.ts';
import { StoreSnapshot } from './store-snapshot.ts';
import { TreeClient } from './tree-client.ts';
import { WatchRecord } from './watch-record.ts';

export interface KillOptions {
  /** How often the server is killed. */
  kills: number;
  seed: number;
  /** How many of the rounds have the time of day set by up to a day, under load and before the restart; 0 to 1. */
  clockJumps?: number;
  /** After each round. */
  onRound?: (round: Round) => void;
}

export interface Round {
  kill: number;
  /** Where the kill struck, and after how many milliseconds there. */
  during: 'load' | 'start';
  afterMs: number;
  /** Writes acknowledged up to now, all clients. */
  acknowledged: number;
  /** Events that watches have told up to now. */
  events: number;
  /** Of the store, as the kill left it. */
  revision: number;
  /** From the start to the ready line, milliseconds. */
  restartMs: number;
  /** What was found wrong, in words. */
  problems: string[];
}

const settleEvery = 25;
const settleMs = 60_000;

/** Kills a server under mixed load again and again, and holds what it comes back with against what it had acknowledged. */
export async function killRounds(options: KillOptions): Promise<Round[]> {
  const random = new Random(options.seed);
  const clock = new ClockShift();
  const server = await CanopyProcess.start({ env: clock.env });
  try {
    const run = new KillRun(server, await openShop(server), { random, clock, clockJumps: options.clockJumps ?? 0 });
    const rounds: Round[] = [];
    for (let kill = 1; kill <= options.kills; kill++) {
      const round = await run.round(kill);
      if (kill % settleEvery === 0 || kill === options.kills) round.problems.push(...(await run.settle()));
      rounds.push(round);
      options.onRound?.(round);
      if (round.problems.length > 0) break;
    }
    return rounds;
  } finally {
    await server.dispose();
    clock.remove();
  }
}

interface Chances {
  random: Random;
  clock: ClockShift;
  clockJumps: number;
}

class KillRun {
  private readonly server: CanopyProcess;
  private readonly random: Random;
  private readonly chances: Chances;
  private readonly exact: ExactClient[];
  private readonly trees: TreeClient[];
  private readonly watches: WatchRecord[];
  private readonly connect: Connect = (cluster) => Rest.connect(this.server, cluster);
  private revision = 0;

  constructor(server: CanopyProcess, shop: Shop, chances: Chances) {
    const { random } = chances;
    this.server = server;
    this.random = random;
    this.chances = chances;
    this.exact = [0, 1, 2, 3].flatMap((i) => [
      new ExactClient(`map${i}`, shop.configMaps, random.fork()),
      new ExactClient(`order${i}`, shop.orders, random.fork()),
    ]);
    this.trees = [0, 1, 2].map((i) => new TreeClient(`tree${i}`, shopPath, random.fork()));
    const live = StoreSnapshot.ofRunning(server.rootDirectory);
    this.revision = live.revision;
    live.close();
    this.watches = shop.watches.map((target) => new WatchRecord(target, this.revision));
  }

  async round(kill: number): Promise<Round> {
    const problems: string[] = [];
    const during = this.random.chance(0.2) ? 'start' : 'load';
    const afterMs = during === 'load' ? this.random.between(20, 600) : this.random.between(0, 500);
    const jumps = this.chances.clockJumps > 0 && this.random.chance(this.chances.clockJumps);
    problems.push(...(await this.loadAndKill(during === 'load' ? afterMs : this.random.between(20, 200), jumps)));
    if (jumps) this.setClock();
    if (during === 'start') await this.server.startAndKill(afterMs);
    const snapshot = StoreSnapshot.ofDead(this.server.rootDirectory);
    const before = this.revision;
    this.revision = snapshot.revision;
    problems.push(...this.compareFile(snapshot, before));
    snapshot.close();
    const began = performance.now();
    await this.server.startAgain();
    const restartMs = performance.now() - began;
    for (const client of [...this.exact, ...this.trees]) problems.push(...(await client.compare(this.connect)));
    const acknowledged = this.exact.reduce((sum, { known }) => sum + known.acknowledged, 0);
    return {
      kill,
      during,
      afterMs,
      acknowledged: this.trees.reduce((sum, tree) => sum + tree.acknowledged, acknowledged),
      events: this.watches.reduce((sum, { events }) => sum + events, 0),
      revision: this.revision,
      restartMs: Math.round(restartMs),
      problems,
    };
  }

  /** Waits until controllers are done and watches have told everything; what is left, in words. */
  async settle(): Promise<string[]> {
    for (const watch of this.watches) await watch.open(this.server);
    let left: string[] = [];
    const problems: string[] = [];
    const done = eventually(
      () => {
        const live = StoreSnapshot.ofRunning(this.server.rootDirectory);
        left = unfinished(live);
        live.close();
        return left.length === 0;
      },
      { within: settleMs, what: 'an orderly store' },
    );
    await done.catch(() => problems.push(...left.slice(0, 20)));
    for (const tree of this.trees) problems.push(...(await tree.compare(this.connect)));
    const live = StoreSnapshot.ofRunning(this.server.rootDirectory);
    problems.push(...live.faults());
    const history = live.historyAfter(0);
    live.close();
    for (const watch of this.watches) {
      await eventually(() => watch.hasTold(history), { what: `all events of ${watch.target.name}` }).catch(
        (error: Error) => problems.push(error.message),
      );
      problems.push(...watch.finish(history));
    }
    return problems;
  }

  private setClock(): void {
    this.chances.clock.set(this.random.between(-dayMs, dayMs));
  }

  private async loadAndKill(afterMs: number, clockJumps: boolean): Promise<string[]> {
    const problems: string[] = [];
    for (const watch of this.watches) await watch.open(this.server);
    let killed = false;
    const clients = [...this.exact, ...this.trees].map((client) =>
      client.load(this.connect).catch((error: unknown) => {
        if (error instanceof UnexpectedAnswer || !killed) problems.push(`a client ended: ${(error as Error).message}`);
      }),
    );
    await sleep(afterMs / 2);
    if (clockJumps) this.setClock();
    await sleep(afterMs / 2);
    killed = true;
    await this.server.end('SIGKILL');
    await Promise.all(clients);
    await Promise.all(this.watches.map((watch) => watch.ended()));
    return problems;
  }

  private compareFile(snapshot: StoreSnapshot, before: number): string[] {
    const problems = snapshot.faults();
    const acknowledged = Math.max(...this.exact.map(({ known }) => known.highestRevision));
    const told = Math.max(...this.watches.map(({ position }) => position));
    if (this.revision < Math.max(before, acknowledged))
      problems.push(`revision ${this.revision} after ${before}, acknowledged ${acknowledged}`);
    if (this.revision < told) problems.push(`revision ${this.revision}, but a watch has told ${told}`);
    problems.push(...tornWorkspaces(snapshot.historyAfter(before)));
    const history = snapshot.historyAfter(Math.min(...this.watches.map(({ start }) => start)));
    for (const watch of this.watches) problems.push(...watch.finish(history));
    return problems;
  }
}
