import { quantile, type Spread, spreadOf } from '../load/latencies.ts';
import type { CanopyProcess } from '../server/canopy-process.ts';
import { type BusyTimes, busyTimes } from '../server/process-figures.ts';
import { type ThreadTimes, threadTimesOf } from '../server/thread-times.ts';
import type { FloodCounts, FloodPlan } from './flood.ts';
import { FloodProcess, TenantProcess } from './processes.ts';
import type { TenantPlan, TenantResult, TenantVerb } from './tenant.ts';

/** The tenant without a flood, with one of another server on the same machine, or of its own server, over all rounds. Milliseconds. */
export interface TenantFigures {
  verbs: Record<TenantVerb, Spread>;
  /** Of reads, in processor time of the server's main thread: from reading a request to writing its answer. */
  worked: Spread;
  /** The same for the turns of the event loop, by time: half of it passed in turns that took no longer than p50. */
  turns: Spread;
}

/** What a flood did, over all rounds. */
export interface FairnessRow {
  name: string;
  alone: TenantFigures;
  /** While another server of the same machine has the flood: what the machine does to the tenant. */
  elsewhere: TenantFigures;
  beside: TenantFigures;
  /** Requests of the tenant that failed. */
  tenantFailed: number;
  flood: { served: number; refused: number; failed: Record<number, number> };
  /** Percent of the time: the main thread ran, or ran or waited for a processor; and the flood's process. */
  mainRan: number;
  mainBusy: number;
  floodRan: number;
  /** Processor time of the main thread for one request of the flood, microseconds. */
  mainMicros: number;
}

/** Until a flood is under way, milliseconds. */
const warmUpMs = 1500;
const calmMs = 1000;

interface Round {
  tenant: TenantResult;
  busy: BusyTimes;
}

/** What makes a flood of either server. */
export interface Floods {
  here: FloodPlan;
  elsewhere: FloodPlan;
}

/**
 * Measures a tenant alone, with a flood of another server, and beside one of its own, in turn, so that what the machine does
 * meanwhile concerns all three.
 */
export class FairnessBench {
  private readonly canopy: CanopyProcess;
  private readonly plan: TenantPlan;
  private readonly tenant = new TenantProcess();

  constructor(canopy: CanopyProcess, plan: TenantPlan) {
    this.canopy = canopy;
    this.plan = plan;
  }

  async measure(name: string, floods: Floods, rounds: number): Promise<FairnessRow> {
    const alone: Round[] = [];
    const elsewhere: Round[] = [];
    const beside: Round[] = [];
    const flood: FairnessRow['flood'] = { served: 0, refused: 0, failed: {} };
    const sums = { ms: 0, ran: 0, busy: 0, floodRan: 0 };
    // What neither has done yet is not counted.
    await this.tenant.run({ ...this.plan, ms: 500 });
    for (let round = 0; round < rounds; round++) {
      alone.push(await this.round());
      const other = await startFlood(floods.elsewhere);
      elsewhere.push(await this.round());
      await other.stop();
      await pause(calmMs);
      const flooding = await startFlood(floods.here);
      const before = this.threads();
      const started = performance.now();
      beside.push(await this.round());
      sums.ms += performance.now() - started;
      const after = this.threads();
      const counts = await flooding.take();
      await flooding.stop();
      add(flood, counts);
      sums.floodRan += counts.cpuMicros;
      sums.ran += after.main - before.main;
      sums.busy += after.main - before.main + after.mainWaited - before.mainWaited;
      await pause(calmMs);
    }
    const percent = (micros: number): number => micros / 10 / sums.ms;
    return {
      name,
      alone: figuresOf(alone),
      elsewhere: figuresOf(elsewhere),
      beside: figuresOf(beside),
      tenantFailed: [...alone, ...elsewhere, ...beside].reduce((sum, { tenant }) => sum + tenant.failed, 0),
      flood,
      mainRan: percent(sums.ran),
      mainBusy: percent(sums.busy),
      floodRan: percent(sums.floodRan),
      mainMicros: sums.ran / (flood.served + flood.refused),
    };
  }

  stop(): Promise<void> {
    return this.tenant.stop();
  }

  private async round(): Promise<Round> {
    let tenant: TenantResult | undefined;
    const busy = await busyTimes(this.canopy.child, async () => {
      tenant = await this.tenant.run(this.plan);
    });
    return { tenant: tenant as TenantResult, busy };
  }

  private threads(): ThreadTimes {
    return threadTimesOf(this.canopy.child.pid as number) ?? { main: 0, mainWaited: 0, workers: 0 };
  }
}

async function startFlood(plan: FloodPlan): Promise<FloodProcess> {
  const flood = new FloodProcess(plan);
  await pause(warmUpMs);
  await flood.take();
  return flood;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function add(sum: FairnessRow['flood'], { served, refused, failed }: FloodCounts): void {
  sum.served += served;
  sum.refused += refused;
  for (const [status, count] of Object.entries(failed)) {
    const at = Number(status);
    sum.failed[at] = (sum.failed[at] ?? 0) + count;
  }
}

function figuresOf(rounds: readonly Round[]): TenantFigures {
  const of = (verb: TenantVerb): Spread => spreadOf(rounds.flatMap(({ tenant }) => tenant.latencies[verb]));
  return {
    verbs: { get: of('get'), create: of('create'), list: of('list') },
    worked: spreadOf(rounds.flatMap(({ busy }) => busy.answers)),
    turns: spreadByTime(rounds.flatMap(({ busy }) => busy.turns)),
  };
}

/** Long turns count for more: somebody who comes at any time is likelier to come in one. */
function spreadByTime(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).sort();
  const all = sorted.reduce((sum, value) => sum + value, 0);
  const at = (q: number): number => {
    let passed = 0;
    for (const value of sorted) {
      passed += value;
      if (passed >= q * all) return value;
    }
    return quantile(sorted, 1);
  };
  return { p50: at(0.5), p99: at(0.99) };
}
