import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { commonOptions, programOptions } from '../scripts/program-options.ts';
import { LoadProcess } from './load/load-process.ts';
import { machine, type Row, tableText } from './report.ts';
import { startCanopy } from './server/canopy-process.ts';
import type { BenchRun } from './suite/bench-run.ts';
import { measureFanOut } from './suite/fan-out.ts';
import { measureIdleWatches } from './watch/idle.ts';
import { makeNamespace } from './watch/namespaces.ts';
import { measureResume, measureStalledReader, measureSteady } from './watch/readers.ts';
import { fullWatchSizes, quickWatchSizes, type WatchSizes } from './watch/sizes.ts';

type Part = (run: BenchRun, sizes: WatchSizes) => Promise<Row[]>;

/** In execution order; each on a server and a store of its own. */
const parts: Readonly<Record<string, Part>> = {
  idle: (run, sizes) => measureIdleWatches(run.canopy, sizes),
  'fan-out': measureFanOut,
  steady: async (run, sizes) => measureSteady(run, sizes, await makeNamespace(run, 'steady')),
  stalled: async (run, sizes) => measureStalledReader(run, sizes, await makeNamespace(run, 'calm')),
  resume: async (run, sizes) => measureResume(run, sizes, await makeNamespace(run, 'calm')),
};

const { values } = programOptions({
  name: 'bench:watch',
  purpose:
    'Measures watches of the built server and prints a table; see "Watches and compaction" in docs/performance.md.',
  options: {
    quick: commonOptions.quick,
    only: { type: 'some', of: Object.keys(parts), help: 'parts to measure, of' },
    root: commonOptions.root,
    json: commonOptions.json,
  },
});
const { quick, only } = values;
const root = path.resolve(values.root ?? path.join(import.meta.dirname, '..'));
const sizes = quick ? quickWatchSizes : fullWatchSizes;

async function measurePart(part: Part): Promise<Row[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'canopy-bench-watch-'));
  const load = new LoadProcess();
  try {
    const canopy = await startCanopy(root, directory);
    const general = { ...sizes.general, watchers: sizes.manyWatchers };
    try {
      return await part({ root, directory, sizes: general, load, canopy }, sizes);
    } finally {
      await canopy.stop();
    }
  } finally {
    await load.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

const rows: Row[] = [];
for (const [name, part] of Object.entries(parts)) {
  if (only !== undefined && !only.includes(name)) continue;
  rows.push(...(await measurePart(part)));
  process.stderr.write(`measured: ${name}\n`);
}
const taken = new Date().toISOString();
const file = values.json ?? path.join(import.meta.dirname, 'results', `watch-${taken.replaceAll(':', '-')}.json`);
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ taken, quick, machine: machine(), rows }, null, 2)}\n`);
process.stdout.write(tableText(rows));
process.stdout.write(`\nWritten to ${path.relative(process.cwd(), file)}\n`);
