import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LoadProcess } from '../load/load-process.ts';
import type { Row } from '../report.ts';
import { settledMemory } from '../server/process-figures.ts';
import type { Sizes } from '../sizes.ts';
import type { Suite } from './bench-run.ts';
import { measureFanOut } from './fan-out.ts';
import { measureObjects } from './objects.ts';
import { measureStart } from './start.ts';
import { measureWorkspaces } from './workspaces.ts';

/** In execution order, on one server and one store. */
const suites: readonly Suite[] = [measureWorkspaces, measureObjects, (run) => measureFanOut(run)];

/** Measures the build in `root/dist`, on a temporary store that is removed afterwards. */
export async function measureAll(root: string, sizes: Sizes, progress: (rows: readonly Row[]) => void): Promise<Row[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'canopy-bench-'));
  const load = new LoadProcess();
  try {
    const { rows, canopy } = await measureStart({ root, directory, sizes });
    progress(rows);
    try {
      for (const suite of suites) {
        const more = await suite({ root, directory, sizes, load, canopy });
        rows.push(...more);
        progress(more);
      }
      const { rss } = await settledMemory(canopy.child);
      rows.push({ name: 'resident memory, after everything', value: rss / 1e6, unit: 'MB' });
    } finally {
      await canopy.stop();
    }
    return rows;
  } finally {
    await load.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
