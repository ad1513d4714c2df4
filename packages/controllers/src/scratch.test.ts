import { it } from 'vitest';
import { rmSync, mkdirSync } from 'node:fs';
import { SqliteStorage, MemoryStorage } from '@canopy/storage';
import { startFixture, workspace, clusterOf } from './testing/controller-fixture.ts';
for (const kind of ['memory', 'sqlite'] as const)
it(`deletes a tree ${kind}`, async () => {
  rmSync('/tmp/ctl-perf', { recursive: true, force: true }); mkdirSync('/tmp/ctl-perf');
  const storage = kind === 'memory' ? new MemoryStorage() : await SqliteStorage.open({ path: '/tmp/ctl-perf/db' });
  const f = await startFixture({ storage });
  const n = Number(process.env.N ?? 2000);
  const top = clusterOf(await f.api('root').create('workspaces.tenancy.kcp.io', workspace('top')));
  const parents = [top];
  let t = performance.now();
  let made = 1;
  const level1: string[] = [];
  for (let i = 0; i < 100; i++) level1.push(clusterOf(await f.api(top).create('workspaces.tenancy.kcp.io', workspace(`p${i}`))));
  made += 100;
  for (const p of level1) {
    await Promise.all(Array.from({ length: (n - 101) / 100 }, (_, i) => f.api(p).create('workspaces.tenancy.kcp.io', workspace(`w${i}`))));
    made += (n - 101) / 100;
  }
  console.log(kind, 'made', made, Math.round(performance.now() - t), 'ms');
  await f.settled();
  console.log('settled', Math.round(performance.now() - t));
  t = performance.now();
  await f.api('root').remove({ resource: 'workspaces.tenancy.kcp.io', name: 'top' });
  while ((await f.api('root').find({ resource: 'workspaces.tenancy.kcp.io', name: 'top' })) !== undefined) await new Promise((r) => setTimeout(r, 10));
  console.log(kind, 'deleted', Math.round(performance.now() - t), 'ms');
  console.log(f.problems.slice(0, 5), f.problems.length);
  await f.stop();
  await storage.close();
}, 200_000);
