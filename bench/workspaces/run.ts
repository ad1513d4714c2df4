import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { commonOptions, programOptions } from '../../scripts/program-options.ts';
import { LoadProcess } from '../load/load-process.ts';
import { connectSession } from '../load/session.ts';
import { machine, type Row, tableText } from '../report.ts';
import { startCanopy } from '../server/canopy-process.ts';
import { measureCreation } from './creation.ts';
import { measureDeletion } from './deletion.ts';
import { makeWorkspace, plantTree } from './tree.ts';

const parts = ['creation', 'flat', 'tree', 'chain'] as const;
const { values } = programOptions({
  name: 'bench:workspaces',
  purpose: `What a workspace costs in time: made beside nothing, beside many and in a tree; deleted with all below it. Prints a table.`,
  options: {
    quick: commonOptions.quick,
    only: { type: 'some', of: parts, help: 'parts to measure, of' },
    count: { type: 'number', help: 'how many are many; default: 10000, quick 150' },
    root: commonOptions.root,
    json: commonOptions.json,
  },
});
const { quick, count = quick ? 150 : 10_000, only = parts } = values;
const levels = quick ? 5 : 50;
const sizes = quick ? { alone: 15, together: 96 } : { alone: 300, together: 3000 };
const root = path.resolve(values.root ?? path.join(import.meta.dirname, '../..'));
const directory = mkdtempSync(path.join(tmpdir(), 'canopy-bench-workspaces-'));
const load = new LoadProcess();
const rows: Row[] = [];
try {
  const canopy = await startCanopy(root, directory);
  const access = { session: await connectSession(canopy.target), target: canopy.target };
  try {
    for (const name of ['empty', 'full', 'tree', 'tenant']) await makeWorkspace(access, 'root', name);
    // The first ones are made by code that is not compiled yet.
    await plantTree(access, load, { shape: 'flat', parent: 'root:tenant', count: quick ? 50 : 1000 });
    if (only.includes('creation')) {
      await plantTree(access, load, { shape: 'flat', parent: 'root:full', count });
      const { deepest } = await plantTree(access, load, { shape: 'tree', parent: 'root:tree', count: count / 10 });
      const parents = { empty: 'root:empty', full: 'root:full', siblings: count, deep: deepest };
      rows.push(...(await measureCreation(canopy, load, parents, sizes)));
    }
    for (const [shape, of] of [
      ['flat', count],
      ['tree', count],
      ['chain', levels],
    ] as const) {
      if (!only.includes(shape)) continue;
      process.stderr.write(`making and deleting: ${shape} of ${of}\n`);
      const plan = { shape, count: of, tenant: 'root:tenant', quietMs: quick ? 200 : 3000 };
      rows.push(...(await measureDeletion(canopy, access, load, plan)));
    }
  } finally {
    access.session.destroy();
    await canopy.stop();
  }
} finally {
  await load.stop();
  rmSync(directory, { recursive: true, force: true });
}
const taken = new Date().toISOString();
const file =
  values.json ?? path.join(import.meta.dirname, '../results', `workspaces-${taken.replaceAll(':', '-')}.json`);
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ taken, quick, machine: machine(), rows }, null, 2)}\n`);
process.stdout.write(tableText(rows));
process.stdout.write(`\nWritten to ${path.relative(process.cwd(), file)}\n`);
