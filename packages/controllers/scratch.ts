import { mkdirSync, rmSync } from 'node:fs';
import { MemoryStorage, SqliteStorage } from '@canopy/storage';
import { startFixture, workspace, clusterOf } from './src/testing/controller-fixture.ts';
const [kind, count] = process.argv.slice(2);
rmSync('/tmp/ctl-perf', { recursive: true, force: true }); mkdirSync('/tmp/ctl-perf');
const storage = kind === 'memory' ? new MemoryStorage() : await SqliteStorage.open({ path: '/tmp/ctl-perf/db' });
const f = await startFixture({ storage });
const n = Number(count);
const top = clusterOf(await f.api('root').create('workspaces.tenancy.kcp.io', workspace('top')));
let t = performance.now();
const level1: string[] = [];
for (let i = 0; i < 100; i++) level1.push(clusterOf(await f.api(top).create('workspaces.tenancy.kcp.io', workspace(`p${i}`))));
for (const p of level1) await Promise.all(Array.from({ length: n / 100 - 1 }, (_, i) => f.api(p).create('workspaces.tenancy.kcp.io', workspace(`w${i}`))));
console.log(kind, 'made', Math.round(performance.now() - t), 'ms');
await f.settled();
const session = process.env.PROF ? new (await import('node:inspector/promises')).Session() : undefined;
if (session) { session.connect(); await session.post('Profiler.enable'); await session.post('Profiler.start'); }
t = performance.now();
await f.api('root').remove({ resource: 'workspaces.tenancy.kcp.io', name: 'top' });
while ((await f.api('root').find({ resource: 'workspaces.tenancy.kcp.io', name: 'top' })) !== undefined) await new Promise((r) => setTimeout(r, 10));
console.log(kind, 'deleted', Math.round(performance.now() - t), 'ms', 'problems', f.problems.length, f.problems.slice(0,2));
if (session) {
  const { profile } = await session.post('Profiler.stop');
  const self = new Map<string, number>(); const dt = profile.timeDeltas!; const by = new Map(profile.nodes.map((x) => [x.id, x]));
  profile.samples!.forEach((id, i) => { const nd = by.get(id)!; const k = `${nd.callFrame.functionName} ${nd.callFrame.url.split('/').slice(-2).join('/')}:${nd.callFrame.lineNumber}`; self.set(k, (self.get(k) ?? 0) + dt[i]!); });
  for (const [k, v] of [...self].sort((a, b) => b[1] - a[1]).slice(0, 32)) console.log(Math.round(v / 1000), 'ms', k);
}
await f.stop(); await storage.close();
