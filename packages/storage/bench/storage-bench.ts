/**
 * Measures the drivers: `node packages/storage/bench/storage-bench.ts [seconds per measurement] [driver…]`. The first
 * line is the yardstick: the same rows written by plain prepared statements in groups of 64, one fsync each, without
 * anything else. `cpu us/op` is the processor time of this process, without that of etcd. etcd, one member beside this
 * process, is measured where scripts/provision-etcd.sh has provided it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openEtcdStorage } from '../src/drivers/etcd/etcd-storage.ts';
import {
  ChangeHub,
  MemoryStorage,
  objectKey,
  objectPrefix,
  SqliteStorage,
  type Storage,
  type StorageKey,
} from '../src/index.ts';
import { findEtcd } from '../src/testing/etcd/find-etcd.ts';
import { startEtcd } from '../src/testing/etcd/start-etcd.ts';

const seconds = Number(process.argv[2] ?? 3);
const wanted = process.argv.slice(3);
const value = new Uint8Array(1024).fill(120);
const directory = mkdtempSync(join(tmpdir(), 'canopy-storage-bench-'));

function keyOf(cluster: number, name: number): StorageKey {
  return objectKey({
    group: '',
    resource: 'configmaps',
    cluster: `cluster-${cluster}`,
    namespace: 'default',
    name: `object-${String(name).padStart(8, '0')}`,
  });
}

let cpu = process.cpuUsage();

function start(): number {
  cpu = process.cpuUsage();
  return performance.now();
}

function report(what: string, count: number, started: number): void {
  const elapsed = (performance.now() - started) / 1000;
  const used = process.cpuUsage(cpu);
  const rate = Math.round(count / elapsed).toLocaleString('en');
  const perOperation = ((used.user + used.system) / count).toFixed(1);
  console.log(`${what.padEnd(44)} ${rate.padStart(12)} /s ${perOperation.padStart(10)} cpu us/op`);
}

function bareGroupCommit(group: number): void {
  const database = new DatabaseSync(join(directory, `bare-${group}.db`));
  database.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE kv (rev INTEGER PRIMARY KEY, key TEXT, value BLOB); CREATE TABLE cur (key TEXT PRIMARY KEY, rev INTEGER) WITHOUT ROWID',
  );
  const append = database.prepare('INSERT INTO kv VALUES (?, ?, ?)');
  const point = database.prepare('REPLACE INTO cur VALUES (?, ?)');
  const started = start();
  let count = 0;
  while (performance.now() - started < seconds * 1000) {
    database.exec('BEGIN');
    for (let i = 0; i < group; i++) {
      const key = keyOf(0, count);
      append.run(++count, key, value);
      point.run(key, count);
    }
    database.exec('COMMIT');
  }
  report(`bare SQLite, groups of ${group}`, count, started);
  database.close();
}

async function puts(storage: Storage, concurrency: number, cluster: number, what: string): Promise<void> {
  const started = start();
  let count = 0;
  const writer = async (): Promise<void> => {
    while (performance.now() - started < seconds * 1000) {
      const key = keyOf(cluster, count++);
      await storage.transact({ compares: [{ key, modRevision: 0 }], operations: [{ type: 'put', key, value }] });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, writer));
  report(`${storage.driver} ${what}, ${concurrency} concurrent`, count, started);
}

async function updates(storage: Storage, concurrency: number, indexed: boolean): Promise<void> {
  const started = start();
  let count = 0;
  const writer = async (_: unknown, worker: number): Promise<void> => {
    const key = keyOf(90 + (indexed ? 1 : 0), worker);
    const indexes = indexed
      ? [
          { index: 'owner', value: 'uid-1' },
          { index: 'phase', value: 'Ready' },
        ]
      : [];
    while (performance.now() - started < seconds * 1000) {
      count++;
      await storage.transact({ compares: [], operations: [{ type: 'put', key, value, indexes }] });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, writer));
  report(`${storage.driver} update${indexed ? ' with 2 index rows' : ''}, ${concurrency} concurrent`, count, started);
}

async function reads(storage: Storage): Promise<void> {
  let started = start();
  let count = 0;
  while (performance.now() - started < seconds * 1000) {
    for (let i = 0; i < 1000; i++) await storage.get(keyOf(64, (count + i * 7) % 10_000));
    count += 1000;
  }
  report(`${storage.driver} get`, count, started);
  started = start();
  count = 0;
  while (performance.now() - started < seconds * 1000) {
    await Promise.all(Array.from({ length: 64 }, (_, i) => storage.get(keyOf(64, (count + i * 7) % 10_000))));
    count += 64;
  }
  report(`${storage.driver} get, 64 concurrent`, count, started);
  started = start();
  count = 0;
  const prefix = objectPrefix({ group: '', resource: 'configmaps', cluster: 'cluster-64' });
  while (performance.now() - started < seconds * 1000) {
    const { items } = await storage.range(prefix, { limit: 500 });
    if (items.length !== 500) throw new Error(`only ${items.length} items`);
    count++;
  }
  report(`${storage.driver} range of 500`, count, started);
}

async function fanOut(storage: Storage, watchers: number): Promise<void> {
  const hub = await ChangeHub.start(storage);
  const after = hub.revision;
  let delivered = 0;
  for (let i = 0; i < watchers; i++) {
    hub.watch({
      prefix: objectPrefix({ group: '', resource: 'configmaps', cluster: `cluster-${i}` }),
      after,
      onChanges: (changes) => {
        delivered += changes.length;
      },
      onEnd: () => undefined,
    });
  }
  await puts(storage, 64, watchers, `put with ${watchers} idle watchers`);
  if (delivered > 0) throw new Error('a watcher of another cluster was called');
  hub.close();
}

async function measure(storage: Storage): Promise<void> {
  for (const concurrency of [1, 32, 64, 256]) await puts(storage, concurrency, concurrency, 'put (create)');
  for (const indexed of [false, true]) await updates(storage, 32, indexed);
  await reads(storage);
  await fanOut(storage, 5000);
  await storage.close();
}

const drivers: Record<string, () => Promise<void>> = {
  sqlite: async () => {
    bareGroupCommit(1);
    bareGroupCommit(64);
    const opening = performance.now();
    const sqlite = await SqliteStorage.open({ path: join(directory, 'store.db') });
    console.log(`sqlite open, new file: ${(performance.now() - opening).toFixed(1)} ms`);
    await measure(sqlite);
  },
  memory: () => measure(new MemoryStorage()),
  etcd: async () => {
    const { current } = findEtcd();
    if (!current.found) return console.log(`etcd: ${current.reason}`);
    const etcd = await startEtcd({ binary: current.path });
    await measure(await openEtcdStorage({ endpoints: etcd.endpoints, prefix: '/canopy' }));
    await etcd.stop();
  },
};
for (const [name, run] of Object.entries(drivers)) if (wanted.length === 0 || wanted.includes(name)) await run();
rmSync(directory, { recursive: true });
