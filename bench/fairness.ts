// npm run bench:fairness [-- --rounds N] [-- --ms N] [-- --only NAME] [-- --quick] [-- --root DIR] [-- --json FILE]
// What a flood of one tenant does to another: latencies of a well-behaved tenant alone and beside each flood, in turn.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { rowText, titleText } from './fairness/fairness-table.ts';
import { floodsOf, floodUsers, floodWorkspaces } from './fairness/floods.ts';
import { FairnessBench, type FairnessRow } from './fairness/measure-fairness.ts';
import { configMaps, namespaces, prepareTenants, tokenFileText, tokenOf } from './fairness/tenants.ts';
import { machine } from './report.ts';
import { startCanopy } from './server/canopy-process.ts';
import { busyTimeFlags } from './server/process-figures.ts';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    rounds: { type: 'string' },
    ms: { type: 'string' },
    only: { type: 'string' },
    root: { type: 'string' },
    json: { type: 'string' },
  },
});
const quick = values.quick === true;
const root = path.resolve(values.root ?? path.join(import.meta.dirname, '..'));
const directory = mkdtempSync(path.join(tmpdir(), 'canopy-fairness-'));
const tokenFile = path.join(directory, 'tokens.csv');
writeFileSync(tokenFile, tokenFileText(['alice', ...Array.from({ length: floodUsers }, (_, i) => `mallory-${i}`)]));
const canopy = await startCanopy(root, path.join(directory, 'root'), busyTimeFlags, ['--token-auth-file', tokenFile]);
const workspaces = ['good', ...Array.from({ length: floodWorkspaces }, (_, i) => `bad-${i}`)];
await prepareTenants(canopy.target, { workspaces, objects: 500 });
const bench = new FairnessBench(canopy, {
  // By name: the server tells apart by it whom it measures.
  readUrl: canopy.target.url.replace('127.0.0.1', 'localhost'),
  createUrl: canopy.target.url,
  ca: canopy.target.ca,
  token: tokenOf('alice'),
  configMaps: configMaps('good'),
  namespaces: namespaces('good'),
  perSecond: 50,
  ms: Number(values.ms ?? (quick ? '500' : '3000')),
});
const rows: FairnessRow[] = [];
process.stdout.write(titleText());
try {
  for (const [name, plan] of Object.entries(floodsOf(canopy.target))) {
    if (values.only !== undefined && !name.includes(values.only)) continue;
    const row = await bench.measure(name, plan, Number(values.rounds ?? (quick ? '1' : '4')));
    rows.push(row);
    process.stdout.write(rowText(row));
  }
} finally {
  await bench.stop();
  await canopy.stop();
  rmSync(directory, { recursive: true, force: true });
}
const taken = new Date().toISOString();
const file = values.json ?? path.join(import.meta.dirname, 'results', `fairness-${taken.replaceAll(':', '-')}.json`);
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ taken, machine: machine(), rows }, null, 2)}\n`);
