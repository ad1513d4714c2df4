import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { LoadProcess } from '../load/load-process.ts';
import type { Row } from '../report.ts';
import { settledMemory } from '../server/process-figures.ts';
import type { Sizes } from '../sizes.ts';
import type { BenchRun, Suite } from './bench-run.ts';
import { measureFanOut } from './fan-out.ts';
import { measureObjects, verbNames } from './objects.ts';
import { measureStart } from './start.ts';
import { measureWorkspaces } from './workspaces.ts';

export interface BenchOptions {
  sizes: Sizes;
  /** Parts to measure; all of {@link partNames} unless told. */
  only?: readonly string[];
  /** Connections of the load generator; 8 unless told. */
  sessions?: number;
  serverFlags?: readonly string[];
}

/** In execution order, on one server and one store. */
const suites: readonly { parts: readonly string[]; suite: Suite }[] = [
  { parts: ['workspaces'], suite: measureWorkspaces },
  { parts: verbNames, suite: measureObjects },
  { parts: ['fan-out'], suite: measureFanOut },
];

export const partNames: readonly string[] = ['start', ...suites.flatMap(({ parts }) => parts), 'memory'];

/** Measures the build in `root/dist`, on a temporary store that is removed afterwards. */
export async function measureAll(
  root: string,
  { sizes, only, sessions, serverFlags = [] }: BenchOptions,
  progress: (rows: readonly Row[]) => void,
): Promise<Row[]> {
  const wants = (part: string): boolean => only === undefined || only.includes(part);
  const directory = mkdtempSync(path.join(tmpdir(), 'canopy-bench-'));
  const load = new LoadProcess();
  try {
    const { rows, canopy } = await measureStart({ root, directory, sizes, serverFlags, measured: wants('start') });
    progress(rows);
    const run: BenchRun = {
      root,
      directory,
      sizes,
      load,
      canopy,
      wants,
      ...(sessions === undefined ? {} : { sessions }),
    };
    try {
      for (const { parts, suite } of suites) {
        if (!parts.some(wants)) continue;
        const more = await suite(run);
        rows.push(...more);
        progress(more);
      }
      if (wants('memory')) {
        const { rss } = await settledMemory(canopy.child);
        rows.push({ name: 'resident memory, after everything', value: rss / 1e6, unit: 'MB' });
      }
    } finally {
      await canopy.stop();
    }
    return rows;
  } finally {
    await load.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}
