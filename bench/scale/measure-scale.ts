import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Row } from '../report.ts';
import { settledMemory } from '../server/process-figures.ts';
import { buildTo, builtIn } from './build.ts';
import { measureProvider } from './provider.ts';
import { fewWorkspaces, measureOperations, measureStore, memoryInUse, open, shut } from './stage.ts';

export interface ScaleOptions {
  /** Source tree whose `dist/` is measured. */
  root: string;
  /** Holds two stores, which are kept and used again: one with ten workspaces, one with as many as there are. */
  directory: string;
  /** Ascending numbers of workspaces. */
  stages: readonly number[];
  effort: Effort;
  say(text: string): void;
}

/** How much is measured. */
export interface Effort {
  /** Of each operation in one workspace. */
  rounds: number;
  /** For how long orders are placed, milliseconds. */
  orderingMs: number;
  /** Workspaces used once to fill the caches. */
  visits: number;
}

/** Visits more than the largest cache of the server has entries. */
export const fullEffort: Effort = { rounds: 10, orderingMs: 5000, visits: 25_000 };
export const quickEffort: Effort = { rounds: 1, orderingMs: 250, visits: 100 };

export interface Stage {
  workspaces: number;
  rows: Row[];
}

/** Stages that the store is past already are left out. */
export async function measureScale(options: ScaleOptions): Promise<Stage[]> {
  const few = path.join(options.directory, 'few');
  const many = path.join(options.directory, 'many');
  for (const directory of [few, many]) mkdirSync(directory, { recursive: true });
  await grow(options, few, fewWorkspaces);
  const stages: Stage[] = [];
  for (const workspaces of options.stages) {
    if (builtIn(many) > workspaces) {
      options.say(`${workspaces}: the store has ${builtIn(many)} already`);
      continue;
    }
    const rows = await measureStage(options, { few, many, workspaces });
    options.say(`measured at ${workspaces} workspaces`);
    stages.push({ workspaces, rows });
  }
  return stages;
}

async function measureStage(
  options: ScaleOptions,
  { few, many, workspaces }: { few: string; many: string; workspaces: number },
): Promise<Row[]> {
  const { root, effort } = options;
  const rows = await grow(options, many, workspaces);
  rows.push(...(await measureStore(root, many, workspaces)));
  const small = await open(root, few, fewWorkspaces);
  const large = await open(root, many, workspaces);
  try {
    rows.push(
      ...(await measureOperations(small, large, effort.rounds)),
      ...(await measureProvider(large, effort.orderingMs)),
    );
    const bytes = await memoryInUse(large, effort.visits);
    rows.push({
      name: 'resident, caches full',
      value: bytes / 1e6,
      unit: 'MB',
      bar: { limit: 1000, better: 'lower' },
    });
    rows.push(...(await metricsRows(large.api)));
  } finally {
    await shut(small);
    await shut(large);
  }
  return rows;
}

const fullCaches = 5000;

/** Makes what is missing; memory is what the making process has more afterwards. */
async function grow({ root, say }: ScaleOptions, directory: string, count: number): Promise<Row[]> {
  const first = builtIn(directory);
  if (first >= count) return [];
  const populated = await open(root, directory, count);
  try {
    const before = (await settledMemory(populated.canopy.child)).rss;
    const started = performance.now();
    const made = await buildTo(populated.api, directory, count, say);
    const seconds = (performance.now() - started) / 1000;
    const after = (await settledMemory(populated.canopy.child)).rss;
    return [
      { name: 'workspaces made', value: made / seconds, unit: '/s' },
      { name: 'resident, after making them', value: after / 1e6, unit: 'MB' },
      {
        name: 'more resident per workspace made',
        value: Math.max(0, after - before) / 1000 / made,
        unit: 'kB',
        // The first thousands fill the caches.
        ...(first < fullCaches ? {} : { bar: { limit: 10, better: 'lower' } as const }),
      },
    ];
  } finally {
    await shut(populated);
  }
}

async function metricsRows(api: Awaited<ReturnType<typeof open>>['api']): Promise<Row[]> {
  await api.send('GET', '/metrics');
  const started = performance.now();
  const { status, body } = await api.send('GET', '/metrics');
  const ms = performance.now() - started;
  if (status !== 200) throw new Error(`GET /metrics was answered with ${status}`);
  const series = body
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')).length;
  return [
    { name: '/metrics', value: ms, unit: 'ms', bar: { limit: 50, better: 'lower' } },
    { name: '/metrics', value: series, unit: 'series', bar: { limit: 1000, better: 'lower' } },
  ];
}
