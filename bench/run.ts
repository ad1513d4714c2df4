// npm run bench [-- --quick] [-- --only create,get] [-- --sessions N] [-- --api-threads N] [-- --root DIR] [-- --json FILE]
// Measures the built server and prints a table; `bench/results/` gets the figures as JSON. See docs/performance.md.
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { machine, tableText } from './report.ts';
import { fullSizes, quickSizes } from './sizes.ts';
import { measureAll, partNames } from './suite/measure-all.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    only: { type: 'string' },
    sessions: { type: 'string' },
    'api-threads': { type: 'string' },
    root: { type: 'string' },
    json: { type: 'string' },
  },
});
const only = values.only?.split(',');
const unknown = only?.filter((part) => !partNames.includes(part)) ?? [];
if (unknown.length > 0) throw new Error(`--only ${unknown.join(',')}: the parts are ${partNames.join(', ')}`);
const threads = values['api-threads'];
const root = path.resolve(values.root ?? path.join(import.meta.dirname, '..'));
const options = {
  sizes: values.quick === true ? quickSizes : fullSizes,
  ...(only === undefined ? {} : { only }),
  ...(values.sessions === undefined ? {} : { sessions: Number(values.sessions) }),
  ...(threads === undefined ? {} : { serverFlags: ['--api-threads', threads] }),
};
const rows = await measureAll(root, options, (more) => {
  process.stderr.write(more.map(({ name }) => `measured: ${name}\n`).join(''));
});
const taken = new Date().toISOString();
const file = values.json ?? path.join(import.meta.dirname, 'results', `${taken.replaceAll(':', '-')}.json`);
mkdirSync(path.dirname(file), { recursive: true });
const settings = { quick: values.quick === true, apiThreads: threads, sessions: values.sessions };
writeFileSync(file, `${JSON.stringify({ taken, ...settings, machine: machine(), rows }, null, 2)}\n`);
process.stdout.write(tableText(rows));
process.stdout.write(`\nWritten to ${path.relative(process.cwd(), file)}\n`);
