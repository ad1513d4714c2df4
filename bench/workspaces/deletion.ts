import type { LoadProcess } from '../load/load-process.ts';
import type { Row } from '../report.ts';
import { type CanopyProcess, workspacesPath } from '../server/canopy-process.ts';
import { figuresOf, settledMemory } from '../server/process-figures.ts';
import { ConsistencyReader, listBelow } from './consistency-reader.ts';
import { TenantWriter } from './tenant-writer.ts';
import { type Access, ask, makeWorkspace, plantTree, type Shape } from './tree.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const readBelow = 3000;
/** A server at rest looks every two seconds whether it is, and gives freed memory back then. */
const returnMs = 5000;

export interface DeletionPlan {
  shape: Shape;
  count: number;
  /** Workspace of the one who writes elsewhere. */
  tenant: string;
  /** How long that one is measured before the deletion; also how long the server gets afterwards to look for stragglers. */
  quietMs: number;
}

/** One tree, made and deleted, while one client reads it and another writes elsewhere. Throws when what is read contradicts itself. */
export async function measureDeletion(
  canopy: CanopyProcess,
  access: Access,
  load: LoadProcess,
  { shape, count, tenant, quietMs }: DeletionPlan,
): Promise<Row[]> {
  const top = `doomed-${shape}`;
  await makeWorkspace(access, 'root', top);
  const before = await settledMemory(canopy.child);
  const { made } = await plantTree(access, load, { shape, parent: `root:${top}`, count });
  await pause(quietMs);
  const full = await settledMemory(canopy.child);
  const at = `/clusters/root${workspacesPath}/${top}`;
  const { cluster } = ((await ask(access, 'GET', at)).body as { spec: { cluster: string } }).spec;
  const all = await listBelow(access, cluster, readBelow);

  const quietWriter = new TenantWriter(access, tenant, `quiet-${shape}`);
  await pause(quietMs);
  const quiet = await quietWriter.stop();

  const cpu = await figuresOf(canopy.child);
  const reader = new ConsistencyReader(access, cluster, all);
  const writer = new TenantWriter(access, tenant, `busy-${shape}`);
  const started = performance.now();
  const { status } = await ask(access, 'DELETE', at);
  if (status !== 200) throw new Error(`the deletion was answered with ${status}`);
  while ((await ask(access, 'GET', at)).status !== 404) await pause(20);
  const seconds = (performance.now() - started) / 1000;
  await reader.stop();
  const busy = await writer.stop();
  const spent = (await figuresOf(canopy.child)).cpuMicros - cpu.cpuMicros;
  const { checks, gone, late, contradictions } = reader.observed;
  if (contradictions.length > 0) throw new Error(`the reader saw contradictions:\n${contradictions.join('\n')}`);
  await pause(quietMs);
  await pause(returnMs);
  const after = await settledMemory(canopy.child);

  const name = `${shape} of ${made}`;
  const megabytes = (bytes: number): number => bytes / 1e6;
  return [
    {
      name: `${name}: deleted in`,
      value: seconds,
      unit: 's',
      cpuMicros: spent / made,
      bar: { limit: 10, better: 'lower' },
    },
    { name: `${name}: consistent reads`, value: checks, unit: 'checks' },
    { name: `${name}: of these, of workspaces that were gone`, value: gone, unit: 'checks' },
    { name: `${name}: of these, refused a moment late`, value: late, unit: 'checks' },
    { name: `${name}: another tenant's writes, quiet`, value: quiet.p50, unit: 'ms', p50: quiet.p50, p99: quiet.p99 },
    {
      name: `${name}: another tenant's writes, during the deletion`,
      value: busy.p50 / quiet.p50,
      unit: 'times',
      p50: busy.p50,
      p99: busy.p99,
    },
    { name: `${name}: longest of these writes`, value: busy.longest, unit: 'ms' },
    { name: `${name}: heap before`, value: megabytes(before.heapUsed), unit: 'MB' },
    { name: `${name}: heap, all made`, value: megabytes(full.heapUsed), unit: 'MB' },
    { name: `${name}: heap after`, value: megabytes(after.heapUsed), unit: 'MB' },
    { name: `${name}: resident before`, value: megabytes(before.rss), unit: 'MB' },
    { name: `${name}: resident, all made`, value: megabytes(full.rss), unit: 'MB' },
    { name: `${name}: resident after`, value: megabytes(after.rss), unit: 'MB' },
  ];
}
