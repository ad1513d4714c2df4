import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { median } from '../load/latencies.ts';
import type { Row } from '../report.ts';
import { type CanopyProcess, startCanopy } from '../server/canopy-process.ts';
import { settledMemory } from '../server/process-figures.ts';
import type { Sizes } from '../sizes.ts';

/**
 * The first start makes keys, certificates and the root workspace; the others find them. Leaves the last one running, on a
 * store that is empty but for these.
 */
export async function measureStart(at: {
  root: string;
  directory: string;
  sizes: Sizes;
  serverFlags: readonly string[];
  /** Without it the server is only started. */
  measured: boolean;
}): Promise<{ rows: Row[]; canopy: CanopyProcess }> {
  const start = (directory: string): Promise<CanopyProcess> => startCanopy(at.root, directory, [], at.serverFlags);
  const store = mkdtempSync(path.join(at.directory, 'store-'));
  if (!at.measured) return { rows: [], canopy: await start(store) };
  // The code cache is part of an installation that has run once.
  await (await start(mkdtempSync(path.join(at.directory, 'warm-')))).stop();
  let canopy = await start(store);
  const first = canopy.readyMs;
  const times: number[] = [];
  for (let i = 0; i < at.sizes.restarts; i++) {
    await canopy.stop();
    canopy = await start(store);
    times.push(canopy.readyMs);
  }
  const { rss } = await settledMemory(canopy.child);
  const bar = { limit: 500, better: 'lower' } as const;
  const rows: Row[] = [
    { name: 'start to ready, first', value: first, unit: 'ms', bar },
    { name: 'start to ready, median', value: median(times), unit: 'ms', bar },
    { name: 'resident memory, empty', value: rss / 1e6, unit: 'MB', bar: { limit: 100, better: 'lower' } },
  ];
  return { rows, canopy };
}
