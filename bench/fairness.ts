// npm run bench:fairness [-- --ms N] [-- --root DIR] [-- --json FILE]
// What a flood of one tenant does to another: latencies of a well-behaved tenant alone and beside each flood, in one run.
import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { TenantPlan, TenantResult } from './fairness/tenant.ts';
import { configMap, configMaps, prepareTenants, tokenFileText, tokenOf } from './fairness/tenants.ts';
import { spreadOf } from './load/latencies.ts';
import { machine } from './report.ts';
import { startCanopy, stopChild } from './server/canopy-process.ts';
import { figuresOf } from './server/process-figures.ts';

const { values } = parseArgs({
  options: { ms: { type: 'string' }, root: { type: 'string' }, json: { type: 'string' }, only: { type: 'string' } },
});
const ms = Number(values.ms ?? '5000');
const root = path.resolve(values.root ?? path.join(import.meta.dirname, '..'));
const objects = 500;
const floodUsers = 20;
const floodWorkspaces = 20;

/** Runs one tenant in a process of its own. */
async function tenant(plan: TenantPlan): Promise<TenantResult> {
  const child = fork(path.join(import.meta.dirname, 'fairness/tenant.ts'));
  try {
    return await new Promise((resolve, reject) => {
      child.once('exit', () => reject(new Error('a tenant ended')));
      child.once('message', ({ result, error }: { result?: TenantResult; error?: string }) =>
        result === undefined ? reject(new Error(error)) : resolve(result),
      );
      child.send(plan);
    });
  } finally {
    child.removeAllListeners('exit');
    await stopChild(child);
  }
}

const directory = mkdtempSync(path.join(tmpdir(), 'canopy-fairness-'));
const tokenFile = path.join(directory, 'tokens.csv');
const users = ['alice', ...Array.from({ length: floodUsers }, (_, i) => `mallory-${i}`)];
writeFileSync(tokenFile, tokenFileText(users));
const canopy = await startCanopy(root, path.join(directory, 'root'), [], ['--token-auth-file', tokenFile]);
const workspaces = ['good', ...Array.from({ length: floodWorkspaces }, (_, i) => `bad-${i}`)];
await prepareTenants(canopy.target, { workspaces, objects });

const { url, ca } = canopy.target;
const base = { url, ca, method: 'GET', retryMs: 100, ms, niceness: 0 };
const one = [`${configMaps('bad-0')}/c-1`];
const mallory = [tokenOf('mallory-0')];
const flood = { ...base, niceness: 19, ms: ms + 1500, connections: 40, concurrency: 400 };
const body = JSON.stringify(configMap('f-#', { text: 'x'.repeat(1000) }));
const floods: Record<string, TenantPlan | undefined> = {
  alone: undefined,
  'one user, 40 connections': { ...flood, tokens: mallory, paths: one },
  'one user, 400 connections': { ...flood, connections: 400, tokens: mallory, paths: one },
  'one user, 2,000 at once': { ...flood, concurrency: 2000, tokens: mallory, paths: one },
  '20 users, one workspace': { ...flood, tokens: users.slice(1).map(tokenOf), paths: one },
  'one user, 20 workspaces': {
    ...flood,
    tokens: mallory,
    paths: Array.from({ length: floodWorkspaces }, (_, i) => `${configMaps(`bad-${i}`)}/c-0`),
  },
  'one user, never pauses': { ...flood, retryMs: 0, concurrency: 2000, tokens: mallory, paths: one },
  'lists of 500': { ...flood, concurrency: 100, tokens: mallory, paths: [configMaps('bad-0')] },
  creates: { ...flood, tokens: mallory, method: 'POST', paths: [configMaps('bad-1')], body },
  'alone again': undefined,
};
const rows: {
  name: string;
  p50: number;
  p99: number;
  count: number;
  served: number;
  refused: number;
  failed: number;
  /** Shares of one processor while the flood ran. */
  serverCpu: number;
  floodCpu: number;
}[] = [];
const columns = ['p50 ms', 'p99 ms', 'ratio', 'answered', 'flood ok', 'flood 429', 'failed', 'server %', 'flood %'];
process.stdout.write(`${' '.repeat(28)}${columns.map((text) => text.padStart(10)).join('')}\n`);
for (const [name, plan] of Object.entries(floods)) {
  if (values.only !== undefined && !name.startsWith('alone') && !name.includes(values.only)) continue;
  const flooding = plan === undefined ? undefined : tenant(plan);
  if (flooding !== undefined) await new Promise((resolve) => setTimeout(resolve, 1200));
  const before = { at: performance.now(), ...(await figuresOf(canopy.child)) };
  const good = await tenant({
    ...base,
    tokens: [tokenOf('alice')],
    paths: [`${configMaps('good')}/c-0`],
    connections: 1,
    concurrency: 1,
  });
  const after = await figuresOf(canopy.child);
  const serverCpu = (after.cpuMicros - before.cpuMicros) / 10 / (performance.now() - before.at);
  const bad = (await flooding) ?? { served: 0, refused: 0, failed: 0, cpuMicros: 0 };
  const row = {
    name,
    ...spreadOf(good.latencies),
    count: good.served,
    served: bad.served,
    refused: bad.refused,
    failed: bad.failed + good.failed + good.refused,
    serverCpu,
    floodCpu: bad.cpuMicros / 10 / (plan?.ms ?? 1),
  };
  rows.push(row);
  const first = rows[0] as (typeof rows)[number];
  const figures = [
    row.p50.toFixed(2),
    row.p99.toFixed(2),
    (row.p99 / first.p99).toFixed(1),
    row.count,
    row.served,
    row.refused,
    row.failed,
    row.serverCpu.toFixed(0),
    row.floodCpu.toFixed(0),
  ];
  process.stdout.write(`${name.padEnd(28)}${figures.map((text) => String(text).padStart(10)).join('')}\n`);
}
await canopy.stop();
rmSync(directory, { recursive: true, force: true });
const taken = new Date().toISOString();
const file = values.json ?? path.join(import.meta.dirname, 'results', `fairness-${taken.replaceAll(':', '-')}.json`);
mkdirSync(path.dirname(file), { recursive: true });
writeFileSync(file, `${JSON.stringify({ taken, machine: machine(), rows }, null, 2)}\n`);
