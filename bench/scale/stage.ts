import { statSync } from 'node:fs';
import path from 'node:path';
import { median, spreadOf } from '../load/latencies.ts';
import type { Row } from '../report.ts';
import { type CanopyProcess, startCanopy } from '../server/canopy-process.ts';
import { figuresOf, settledMemory } from '../server/process-figures.ts';
import { Api } from './api.ts';
import { kubectlGet } from './kubectl.ts';
import { coldOperations, type Operation, warmOperations } from './operations.ts';

/** A server on a store with so many workspaces. */
export interface Populated {
  canopy: CanopyProcess;
  api: Api;
  count: number;
}

const restarts = 3;
const roundSize = 12;
const coldSamples = 6;
const kubectlSamples = 3;
const ratioBar = { limit: 1.3, better: 'lower' } as const;

/** The one with few workspaces. */
export const fewWorkspaces = 10;

export async function open(root: string, directory: string, count: number): Promise<Populated> {
  const canopy = await startCanopy(root, directory);
  return { canopy, api: await Api.connect(canopy.target), count };
}

export async function shut({ canopy, api }: Populated): Promise<void> {
  api.close();
  await canopy.stop();
}

/** Start, memory and bytes on disk. The server is started anew several times and stopped again. */
export async function measureStore(root: string, directory: string, count: number): Promise<Row[]> {
  const times: number[] = [];
  let rss = 0;
  for (let i = 0; i < restarts; i++) {
    const canopy = await startCanopy(root, directory);
    times.push(canopy.readyMs);
    if (i === restarts - 1) rss = (await settledMemory(canopy.child)).rss;
    await canopy.stop();
  }
  const bytes = statSync(path.join(directory, 'canopy.db')).size;
  return [
    { name: 'start to ready', value: median(times), unit: 'ms', bar: { limit: 1000, better: 'lower' } },
    { name: 'resident, just started', value: rss / 1e6, unit: 'MB' },
    { name: 'database per workspace', value: bytes / count / 1000, unit: 'kB' },
  ];
}

/** Visits many workspaces once, so that every cache is as full as it gets; answers resident memory in bytes. */
export async function memoryInUse({ api, canopy, count }: Populated, visits: number): Promise<number> {
  const operation = warmOperations['get'] as Operation;
  const stride = Math.max(1, Math.floor(count / visits));
  let next = 0;
  const visitor = async (): Promise<void> => {
    for (let at = next; at < Math.min(count, visits * stride); at = next) {
      next += stride;
      await operation(api, at);
    }
  };
  await Promise.all(Array.from({ length: 16 }, visitor));
  return (await settledMemory(canopy.child)).rss;
}

/** One workspace among many against one of ten, in turn; values are the ratio of medians. */
export async function measureOperations(few: Populated, many: Populated, rounds: number): Promise<Row[]> {
  const rows: Row[] = [];
  const cold = { few: coldPlaces(few), many: coldPlaces(many) };
  // What is slow the first time in a process is no matter of workspaces.
  for (const side of [few, many])
    for (const operation of Object.values(coldOperations)) for (let i = 0; i < 5; i++) await operation(side.api, 0);
  for (const [name, operation] of Object.entries(coldOperations)) {
    const samples = { few: [] as number[], many: [] as number[] };
    for (let i = 0; i < coldSamples; i++) {
      samples.few.push(await operation(few.api, cold.few[i] as number));
      samples.many.push(await operation(many.api, cold.many[i] as number));
    }
    rows.push(ratioRow(`${name}, cold`, samples.few, samples.many));
  }
  const place = Math.floor(many.count * 0.6180339);
  for (const [name, operation] of Object.entries(warmOperations))
    rows.push(await warmRow(name, operation, { few, many, place, rounds }));
  return [...rows, ...(await kubectlRows(few, many, cold))];
}

/** Workspaces that nobody has used since the start; the first one is left for warming up. */
function coldPlaces({ count }: Populated): number[] {
  const needed = coldSamples + kubectlSamples;
  return Array.from({ length: needed }, (_, i) => Math.max(i + 1, Math.floor((count * (i + 1)) / (needed + 1))));
}

async function warmRow(
  name: string,
  operation: Operation,
  { few, many, place, rounds }: { few: Populated; many: Populated; place: number; rounds: number },
): Promise<Row> {
  const samples = { few: [] as number[], many: [] as number[] };
  const cpu = { few: 0, many: 0 };
  for (let round = -1; round < rounds; round++) {
    for (const side of round % 2 === 0 ? (['few', 'many'] as const) : (['many', 'few'] as const)) {
      const { api, canopy } = side === 'few' ? few : many;
      const before = await figuresOf(canopy.child);
      for (let i = 0; i < roundSize; i++) {
        const ms = await operation(api, side === 'few' ? 0 : place);
        if (round >= 0) samples[side].push(ms);
      }
      if (round >= 0) cpu[side] += (await figuresOf(canopy.child)).cpuMicros - before.cpuMicros;
    }
  }
  const each = rounds * roundSize;
  const row = ratioRow(`${name}, warm`, samples.few, samples.many);
  return { ...row, cpuMicros: cpu.many / each, ceilingCpuMicros: cpu.few / each };
}

async function kubectlRows(few: Populated, many: Populated, cold: Record<'few' | 'many', number[]>): Promise<Row[]> {
  const samples = { few: [] as number[], many: [] as number[], fewWarm: [] as number[], manyWarm: [] as number[] };
  for (let i = coldSamples; i < coldSamples + kubectlSamples; i++) {
    for (const side of ['few', 'many'] as const) {
      const using = kubectlGet((side === 'few' ? few : many).canopy, cold[side][i] as number);
      if (using === undefined) return [];
      samples[side].push(await using.run());
      samples[`${side}Warm`].push(await using.run(), await using.run());
      using.done();
    }
  }
  return [
    ratioRow('kubectl get, cold', samples.few, samples.many),
    ratioRow('kubectl get, warm', samples.fewWarm, samples.manyWarm),
  ];
}

function ratioRow(name: string, few: readonly number[], many: readonly number[]): Row {
  return { name, value: median(many) / median(few), unit: 'of ten', ...spreadOf(many), bar: ratioBar };
}
