import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { commonOptions, programOptions } from '../scripts/program-options.ts';
import { configMaps, prepareTenants, tokenFileText, tokenOf } from './fairness/tenants.ts';
import { machine } from './report.ts';
import { startCanopy, stopChild } from './server/canopy-process.ts';
import { figuresAndDelaysOf, type ProcessFigures, settledMemory } from './server/process-figures.ts';
import type { AbuseCounts, AbusePlan } from './soak/abuse.ts';
import { sparkline } from './soak/sparkline.ts';
import { TenantAtWork } from './soak/tenant-at-work.ts';

/** One second. */
interface Sample {
  residentMB: number;
  heapMB: number;
  delayP99Ms: number;
  delayMaxMs: number;
  /** Of the abuser's answers, in percent. */
  refusedPercent: number;
  tenantP99Ms: number;
}

const { values } = programOptions({
  name: 'bench:soak',
  purpose:
    'Misuses the built server in many ways at once beside a well-behaved tenant; prints curves of what that does to both.',
  options: {
    minutes: { type: 'number', help: 'for how long; default: 10' },
    root: commonOptions.root,
    json: commonOptions.json,
  },
});
const seconds = (values.minutes ?? 10) * 60;
const root = path.resolve(values.root ?? path.join(import.meta.dirname, '..'));
const restMs = 12_000;
const columns = 60;

const directory = mkdtempSync(path.join(tmpdir(), 'canopy-soak-'));
const tokenFile = path.join(directory, 'tokens.csv');
const users = ['alice', ...Array.from({ length: 10 }, (_, i) => `mallory-${i}`)];
writeFileSync(tokenFile, tokenFileText(users));
const canopy = await startCanopy(root, path.join(directory, 'root'), [], ['--token-auth-file', tokenFile]);
await prepareTenants(canopy.target, { workspaces: ['good', 'bad-0'], objects: 500 });
const { url, ca } = canopy.target;
const before = await settledMemory(canopy.child);

const counts: AbuseCounts = { served: 0, refused: 0, otherwise: 0, cut: 0 };
let last: AbuseCounts = { ...counts };
const abuser = fork(path.join(import.meta.dirname, 'soak/abuse.ts'));
abuser.on('message', (more: AbuseCounts) => {
  last = more;
  for (const name of Object.keys(counts) as (keyof AbuseCounts)[]) counts[name] += more[name];
});
const plan: AbusePlan = { url, ca, tokens: users.slice(1).map(tokenOf), many: configMaps('bad-0') };
abuser.send(plan);
const tenant = await TenantAtWork.start({ url, ca, token: tokenOf('alice') }, configMaps('good'));
const samples: Sample[] = [];
while (samples.length < seconds) {
  await new Promise((resolve) => setTimeout(resolve, 1000));
  samples.push(sampleOf(await figuresAndDelaysOf(canopy.child)));
}
await stopChild(abuser);
await tenant.stop();
await new Promise((resolve) => setTimeout(resolve, restMs));
const after = await settledMemory(canopy.child);
await canopy.stop();
rmSync(directory, { recursive: true, force: true });

const curves: [string, keyof Sample][] = [
  ['resident memory, MB', 'residentMB'],
  ['heap, MB', 'heapMB'],
  ['event loop delay p99, ms', 'delayP99Ms'],
  ['event loop delay most, ms', 'delayMaxMs'],
  ['429 of the abuser, %', 'refusedPercent'],
  ['tenant p99, ms', 'tenantP99Ms'],
];
for (const [name, key] of curves) {
  const curve = samples.map((sample) => sample[key]);
  const most = Math.max(...curve.filter(Number.isFinite));
  process.stdout.write(`${name.padEnd(28)}${sparkline(curve, columns)}  most ${most.toFixed(1)}\n`);
}
const answers = Object.fromEntries(tenant.statuses);
process.stdout.write(`tenant's answers by status: ${JSON.stringify(answers)}; abuser's: ${JSON.stringify(counts)}\n`);
process.stdout.write(`at rest, before and after: ${memoryText(before)}; ${memoryText(after)}\n`);
const taken = new Date().toISOString();
const file = values.json ?? path.join(import.meta.dirname, 'results', `soak-${taken.replaceAll(':', '-')}.json`);
mkdirSync(path.dirname(file), { recursive: true });
const result = { taken, machine: machine(), seconds, before, after, tenant: answers, abuser: counts, samples };
writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);

function sampleOf(figures: Awaited<ReturnType<typeof figuresAndDelaysOf>>): Sample {
  const answered = last.served + last.refused + last.otherwise;
  return {
    residentMB: figures.rss / 1e6,
    heapMB: figures.heapUsed / 1e6,
    delayP99Ms: figures.delayP99,
    delayMaxMs: figures.delayMax,
    refusedPercent: answered === 0 ? 0 : (100 * last.refused) / answered,
    tenantP99Ms: tenant.takeP99(),
  };
}

function memoryText({ rss, heapUsed }: ProcessFigures): string {
  return `resident ${(rss / 1e6).toFixed(0)} MB, heap ${(heapUsed / 1e6).toFixed(0)} MB`;
}
