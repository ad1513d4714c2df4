import type { LoadProcess } from '../load/load-process.ts';
import type { Row } from '../report.ts';
import type { CanopyProcess } from '../server/canopy-process.ts';
import { type Measured, measure } from '../suite/bench-run.ts';

/** Where workspaces are made, by what is there already. */
export interface Parents {
  empty: string;
  /** With as many children as `siblings` says. */
  full: string;
  siblings: number;
  /** Inside a tree. */
  deep: string;
}

const rounds = 3;

interface Sum {
  count: number;
  cpu: number;
  seconds: number;
  p50: number[];
  p99: number[];
}

/** Creation until Ready in each of the parents, in turn, so that what the machine does meanwhile concerns all alike. */
export async function measureCreation(
  canopy: CanopyProcess,
  load: LoadProcess,
  parents: Parents,
  sizes: { alone: number; together: number },
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const concurrency of [1, 16]) {
    const sums = new Map<keyof Parents, Sum>();
    for (let round = 0; round < rounds; round++)
      for (const at of ['empty', 'full', 'deep'] as const) {
        const plan = {
          kind: 'workspaces',
          target: canopy.target,
          parent: parents[at],
          prefix: `made-${concurrency}-${round}`,
          concurrency,
          count: Math.ceil((concurrency === 1 ? sizes.alone : sizes.together) / rounds),
          ms: 60_000,
        } as const;
        add(sums, at, await measure({ load }, canopy.child, plan));
      }
    rows.push(...rowsOf(concurrency, sums, parents.siblings));
  }
  return rows;
}

function add(sums: Map<keyof Parents, Sum>, at: keyof Parents, measured: Measured): void {
  const sum = sums.get(at) ?? { count: 0, cpu: 0, seconds: 0, p50: [], p99: [] };
  sum.count += measured.count;
  sum.cpu += measured.serverMicros * measured.count;
  sum.seconds += measured.seconds;
  sum.p50.push(measured.latency.p50);
  sum.p99.push(measured.latency.p99);
  sums.set(at, sum);
}

function rowsOf(concurrency: number, sums: ReadonlyMap<keyof Parents, Sum>, siblings: number): Row[] {
  const mode = `${concurrency === 1 ? 'one' : concurrency} at a time`;
  const names = { empty: 'beside nothing', full: `beside ${siblings}`, deep: 'in a tree' } as const;
  const cpuOf = ({ cpu, count }: Sum): number => cpu / count;
  const empty = sums.get('empty') as Sum;
  const rows: Row[] = [];
  for (const at of ['empty', 'full', 'deep'] as const) {
    const sum = sums.get(at) as Sum;
    const p50 = Math.min(...sum.p50);
    rows.push({
      name: `to Ready, ${mode}, ${names[at]}`,
      value: concurrency === 1 ? p50 : sum.count / sum.seconds,
      unit: concurrency === 1 ? 'ms' : '/s',
      p50,
      p99: Math.max(...sum.p99),
      cpuMicros: cpuOf(sum),
      bar: concurrency === 1 ? { limit: 5, better: 'lower' } : { limit: 1000, better: 'higher' },
    });
    if (at === 'empty') continue;
    rows.push({
      name: `processor time, ${mode}, ${names[at]}, against beside nothing`,
      value: cpuOf(sum) / cpuOf(empty),
      unit: 'times',
      bar: { limit: 1.25, better: 'lower' },
    });
  }
  return rows;
}
