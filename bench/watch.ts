// npm run bench:watch [-- --quick] [-- --only idle,fan-out,steady,stalled,resume] [-- --root DIR] [-- --json FILE]
// Measures watches of the built server and prints a table; see "Watches and compaction" in docs/performance.md.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { LoadProcess } from './load/load-process.ts';
import { machine, type Row, tableText } from './report.ts';
import { startCanopy } from './server/canopy-process.ts';
import type { BenchRun } from './suite/bench-run.ts';
import { measureFanOut } from './suite/fan-out.ts';
import { measureIdleWatches } from './watch/idle.ts';
import { makeNamespace } from './watch/namespaces.ts';
import { measureResume, measureStalledReader, measureSteady } from './watch/readers.ts';
import { fullWatchSizes, quickWatchSizes } from './watch/sizes.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    only: { type: 'string' },
    root: { type: 'string' },
    json: { type: 'string' },
  },
});
const root = path.resolve(values.root ?? path.join(import.meta.dirname, '..'));
const sizes = values.quick === true ? quickWatchSizes : fullWatchSizes;

/** In execution order; each on a server and a store of its own. */
const parts: Readonly<Record<string, (run: BenchRun) => Promise<Row[]>>> = {
  idle: (run) => measureIdleWatches(run.canopy, sizes),
  'fan-out': measureFanOut,
  steady: async (run) => measureSteady(run, sizes, await makeNamespace(run, 'steady')),
  stalled: async (run) => measureStalledReader(run, sizes, await makeNamespace(run, 'calm')),
  resume: async (run) => measureResume(run, sizes, await makeNamespace(run, 'calm')),
};

async function measurePart(part: (run: BenchRun) => Promise<Row[]>): Promise<Row[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'canopy-bench-watch-'));
  const load = new LoadProcess();
  try {
    const canopy = await startCanopy(root, directory);
    const general = { ...sizes.general, watchers: sizes.manyWatchers };
    try {
      return await part({ root, directory, sizes: general, load, canopy });
    } finally {
      await canopy.stop();
    }
  } finally {
    await load.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

const only = values.only?.split(',');
const rows: Row[] = [];
for (const [name, part] of Object.entries(parts)) {
  if (only !== undefined && !only.includes(name)) continue;
  rows.push(...(await measurePart(part)));
  process.stderr.write(`measured: ${name}\n`);
}
const taken = new Date().toISOString();
const file = values.json ?? path.join(import.meta.dirname, 'results', `watch-${taken.replaceAll(':', '-')}.json`);
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ taken, quick: values.quick === true, machine: machine(), rows }, null, 2)}\n`);
process.stdout.write(tableText(rows));
process.stdout.write(`\nWritten to ${path.relative(process.cwd(), file)}\n`);
