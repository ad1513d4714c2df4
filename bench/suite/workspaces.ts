import { commitRate } from '../ceiling/commit-rate.ts';
import { connectSession, requestOnce } from '../load/session.ts';
import type { Row } from '../report.ts';
import { workspacesPath } from '../server/canopy-process.ts';
import { settledMemory } from '../server/process-figures.ts';
import { type BenchRun, figuresOfRow, measure } from './bench-run.ts';

const minute = 60_000;

/** Workspaces created until Ready, and what they leave in memory. */
export async function measureWorkspaces(run: BenchRun): Promise<Row[]> {
  const { load, canopy, sizes } = run;
  const plan = { kind: 'workspaces', target: canopy.target, parent: 'root', ms: minute } as const;
  const empty = await settledMemory(canopy.child);
  const before = await storeRevision(run);
  const alone = await measure(run, canopy.child, {
    ...plan,
    prefix: 'alone',
    concurrency: 1,
    count: sizes.workspacesAlone,
  });
  const rowsEach = Math.max(1, Math.round(((await storeRevision(run)) - before) / sizes.workspacesAlone));
  const together = await measure(run, canopy.child, {
    ...plan,
    prefix: 'together',
    concurrency: 16,
    count: sizes.workspacesTogether,
  });
  const bareAlone = await commitRate(run.directory, { rows: rowsEach, group: 1, ms: sizes.ceilingMs });
  const bareTogether = await commitRate(run.directory, { rows: rowsEach, group: 16, ms: sizes.ceilingMs });
  const filled = await settledMemory(canopy.child);
  await load.run({ ...plan, prefix: 'rest', concurrency: 16, count: sizes.workspacesAtRest });
  const full = await settledMemory(canopy.child);
  const made = sizes.workspacesAlone + sizes.workspacesTogether + sizes.workspacesAtRest;
  const kilobytes = (from: number, to: number, count: number): number => Math.max(0.1, (to - from) / 1000 / count);
  const bar = { limit: 50, better: 'lower' } as const;
  return [
    {
      name: 'workspace to Ready, one at a time',
      ...figuresOfRow(alone),
      ceilings: { sqlite: bareAlone },
    },
    {
      name: 'workspace to Ready, one at a time, p50',
      value: alone.latency.p50,
      unit: 'ms',
      bar: { limit: 20, better: 'lower' },
    },
    {
      name: 'workspace to Ready, 16 at a time',
      ...figuresOfRow(together),
      ceilings: { sqlite: bareTogether },
      bar: { limit: 200, better: 'higher' },
    },
    { name: 'rows of one workspace', value: rowsEach, unit: 'rows' },
    { name: 'memory per workspace, from empty', value: kilobytes(empty.rss, full.rss, made), unit: 'kB', bar },
    {
      name: 'memory per workspace, caches full',
      value: kilobytes(filled.rss, full.rss, sizes.workspacesAtRest),
      unit: 'kB',
      bar,
    },
    {
      name: 'heap per workspace, caches full',
      value: kilobytes(filled.heapUsed, full.heapUsed, sizes.workspacesAtRest),
      unit: 'kB',
    },
    { name: 'resident memory, after workspaces', value: full.rss / 1e6, unit: 'MB' },
  ];
}

/** The store's revision rises by one for each row that is written. */
async function storeRevision({ canopy: { target } }: BenchRun): Promise<number> {
  const session = await connectSession(target);
  const { body } = await requestOnce(session, target, {
    method: 'GET',
    path: `/clusters/root${workspacesPath}?limit=1`,
  });
  session.destroy();
  return Number((JSON.parse(body.toString()) as { metadata: { resourceVersion: string } }).metadata.resourceVersion);
}
