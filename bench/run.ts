import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { commonOptions, programOptions } from '../scripts/program-options.ts';
import { machine, tableText } from './report.ts';
import { fullSizes, quickSizes } from './sizes.ts';
import { measureAll, partNames } from './suite/measure-all.ts';

const { values } = programOptions({
  name: 'bench',
  purpose: 'Measures the built server and prints a table. See docs/performance.md.',
  options: {
    quick: commonOptions.quick,
    only: { type: 'some', of: partNames, help: 'parts to measure, of' },
    sessions: { type: 'number', help: 'connections of the load generator' },
    'api-threads': { type: 'number', help: 'passed on to the server' },
    root: commonOptions.root,
    json: commonOptions.json,
  },
});
const { only, sessions } = values;
const threads = values['api-threads'];
const root = path.resolve(values.root ?? path.join(import.meta.dirname, '..'));
const options = {
  sizes: values.quick ? quickSizes : fullSizes,
  ...(only === undefined ? {} : { only }),
  ...(sessions === undefined ? {} : { sessions }),
  ...(threads === undefined ? {} : { serverFlags: ['--api-threads', String(threads)] }),
};
const rows = await measureAll(root, options, (more) => {
  process.stderr.write(more.map(({ name }) => `measured: ${name}\n`).join(''));
});
const taken = new Date().toISOString();
const file = values.json ?? path.join(import.meta.dirname, 'results', `${taken.replaceAll(':', '-')}.json`);
mkdirSync(path.dirname(file), { recursive: true });
const settings = { quick: values.quick, apiThreads: threads, sessions };
writeFileSync(file, `${JSON.stringify({ taken, ...settings, machine: machine(), rows }, null, 2)}\n`);
process.stdout.write(tableText(rows));
process.stdout.write(`\nWritten to ${path.relative(process.cwd(), file)}\n`);
