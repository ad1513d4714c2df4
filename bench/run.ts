// npm run bench [-- --quick] [-- --root DIR] [-- --json FILE]
// Measures the built server and prints a table; `bench/results/` gets the figures as JSON. See docs/performance.md.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { machine, tableText } from './report.ts';
import { fullSizes, quickSizes } from './sizes.ts';
import { measureAll } from './suite/measure-all.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, root: { type: 'string' }, json: { type: 'string' } },
});
const root = path.resolve(values.root ?? path.join(import.meta.dirname, '..'));
const rows = await measureAll(root, values.quick === true ? quickSizes : fullSizes, (more) => {
  process.stderr.write(more.map(({ name }) => `measured: ${name}\n`).join(''));
});
const taken = new Date().toISOString();
const file = values.json ?? path.join(import.meta.dirname, 'results', `${taken.replaceAll(':', '-')}.json`);
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ taken, quick: values.quick === true, machine: machine(), rows }, null, 2)}\n`);
process.stdout.write(tableText(rows));
process.stdout.write(`\nWritten to ${path.relative(process.cwd(), file)}\n`);
