import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { commonOptions, programOptions } from '../scripts/program-options.ts';
import { machine, tableText } from './report.ts';
import { fullEffort, measureScale, quickEffort } from './scale/measure-scale.ts';
import { projectionOf } from './scale/projection.ts';

const { values } = programOptions({
  name: 'bench:scale',
  purpose: `Many workspaces in one server, measured at 1,000, 10,000 and so on. Goes on with the stores in the directory. See
docs/performance.md.`,
  options: {
    to: { type: 'number', help: 'most workspaces; default: 100000' },
    directory: {
      type: 'text',
      value: 'DIR',
      help: 'where the stores stay; default: canopy-scale in the temporary directory',
    },
    quick: commonOptions.quick,
    root: commonOptions.root,
    json: commonOptions.json,
  },
});
const { to = 100_000 } = values;
const started = performance.now();
const stages = await measureScale({
  root: path.resolve(values.root ?? path.join(import.meta.dirname, '..')),
  directory: path.resolve(values.directory ?? path.join(tmpdir(), 'canopy-scale')),
  stages: [...new Set([1000, 10_000, 100_000, to].filter((count) => count <= to))].sort((a, b) => a - b),
  effort: values.quick ? quickEffort : fullEffort,
  say: (text) => process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0)} s: ${text}\n`),
});
const million = projectionOf(stages);
const taken = new Date().toISOString();
const file = values.json ?? path.join(import.meta.dirname, 'results', `scale-${taken.replaceAll(':', '-')}.json`);
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ taken, machine: machine(), stages, million }, null, 2)}\n`);
for (const { workspaces, rows } of stages)
  process.stdout.write(`${workspaces.toLocaleString('en')} workspaces\n\n${tableText(rows)}\n`);
if (million.length > 0) process.stdout.write(`A million, going by these\n\n${tableText(million)}\n`);
process.stdout.write(`Written to ${path.relative(process.cwd(), file)}\n`);
