import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { commonOptions, programOptions } from '../scripts/program-options.ts';
import { rowText, titleText } from './fairness/fairness-table.ts';
import type { FloodPlan } from './fairness/flood.ts';
import { floodsOf, floodUsers, floodWorkspaces } from './fairness/floods.ts';
import { FairnessBench, type FairnessRow } from './fairness/measure-fairness.ts';
import { configMaps, namespaces, prepareTenants, tokenFileText, tokenOf } from './fairness/tenants.ts';
import { machine } from './report.ts';
import { type CanopyProcess, startCanopy } from './server/canopy-process.ts';
import { busyTimeFlags } from './server/process-figures.ts';

const { values } = programOptions({
  name: 'bench:fairness',
  purpose:
    'What a flood of one tenant does to another: latencies of a well-behaved tenant alone, beside each flood of another server, and beside it, in turn.',
  options: {
    quick: commonOptions.quick,
    rounds: { type: 'number', help: 'of each flood; default: 4, quick 1' },
    ms: { type: 'number', help: 'of each round; default: 3000, quick 500' },
    only: { type: 'text', value: 'NAME', help: 'floods with this in their name' },
    root: commonOptions.root,
    json: commonOptions.json,
  },
});
const { quick } = values;
const root = path.resolve(values.root ?? path.join(import.meta.dirname, '..'));
const directory = mkdtempSync(path.join(tmpdir(), 'canopy-fairness-'));
const tokenFile = path.join(directory, 'tokens.csv');
writeFileSync(tokenFile, tokenFileText(['alice', ...Array.from({ length: floodUsers }, (_, i) => `mallory-${i}`)]));
const start = (name: string): Promise<CanopyProcess> =>
  startCanopy(root, path.join(directory, name), busyTimeFlags, ['--token-auth-file', tokenFile]);
const canopy = await start('root');
const other = await start('other');
const workspaces = ['good', ...Array.from({ length: floodWorkspaces }, (_, i) => `bad-${i}`)];
for (const { target } of [canopy, other]) await prepareTenants(target, { workspaces, objects: 500 });
const bench = new FairnessBench(canopy, {
  // By name: the server tells apart by it whom it measures.
  readUrl: canopy.target.url.replace('127.0.0.1', 'localhost'),
  createUrl: canopy.target.url,
  ca: canopy.target.ca,
  token: tokenOf('alice'),
  configMaps: configMaps('good'),
  namespaces: namespaces('good'),
  perSecond: 100,
  ms: values.ms ?? (quick ? 500 : 3000),
});
const rows: FairnessRow[] = [];
process.stdout.write(titleText());
try {
  const elsewhere = floodsOf(other.target);
  for (const [name, here] of Object.entries(floodsOf(canopy.target))) {
    if (values.only !== undefined && !name.includes(values.only)) continue;
    const row = await bench.measure(
      name,
      { here, elsewhere: elsewhere[name] as FloodPlan },
      values.rounds ?? (quick ? 1 : 4),
    );
    rows.push(row);
    process.stdout.write(rowText(row));
  }
} finally {
  await bench.stop();
  for (const { stop } of [canopy, other]) await stop();
  rmSync(directory, { recursive: true, force: true });
}
const taken = new Date().toISOString();
const file = values.json ?? path.join(import.meta.dirname, 'results', `fairness-${taken.replaceAll(':', '-')}.json`);
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ taken, machine: machine(), rows }, null, 2)}\n`);
