import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Operation, objectKey, SqliteStorage } from '@canopy/storage';
import { programOptions } from '../scripts/program-options.ts';
import { spreadOf } from './load/latencies.ts';
import { machine, type Row, tableText } from './report.ts';

const root = path.join(import.meta.dirname, '..');
const { mib: mebibytes = 1024 } = programOptions({
  name: 'bench:backup',
  purpose: `What canopy backup costs the writers of a store: commit latency before, during and after, in one run, with 16 writers; and what
it takes itself. Writes the rows to bench/results/backup.json.`,
  options: { mib: { type: 'number', help: 'size of the store, MiB; default: 1024' } },
}).values;
const writers = 16;
const objectBytes = 4000;
const quietMs = 8000;
const directory = mkdtempSync(path.join(tmpdir(), 'canopy-backup-bench-'));

function putOf(name: string): Operation {
  const at = { group: '', resource: 'configmaps', cluster: 'root', namespace: 'default', name };
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } };
  const value = Buffer.from(JSON.stringify({ ...object, data: { text: 'x'.repeat(objectBytes) } }));
  return { type: 'put', key: objectKey(at), value, indexes: [{ index: 'cluster', value: 'root' }] };
}

async function fill(storage: SqliteStorage): Promise<void> {
  const count = (mebibytes * 1024 * 1024) / objectBytes;
  for (let i = 0; i < count; i += 500) {
    const operations = Array.from({ length: 500 }, (_, j) => putOf(`object-${i + j}`));
    await storage.transact({ compares: [], operations });
  }
}

/** Milliseconds of each commit until `end` resolves. */
async function commitsUntil(storage: SqliteStorage, end: Promise<unknown>): Promise<number[]> {
  const latencies: number[] = [];
  let ended = false;
  const write = async (writer: number): Promise<void> => {
    for (let i = 0; !ended; i++) {
      const started = performance.now();
      await storage.transact({ compares: [], operations: [putOf(`written-${writer}-${i % 1000}`)] });
      latencies.push(performance.now() - started);
    }
  };
  const writing = Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  await end;
  ended = true;
  await writing;
  return latencies;
}

interface Backup {
  seconds: number;
  /** Most memory it had at any time, MiB; undefined where the system does not tell. */
  memory: number | undefined;
}

async function runBackup(): Promise<Backup> {
  const started = performance.now();
  const file = path.join(directory, 'one.backup');
  const child = spawn(path.join(root, 'bin/canopy'), ['backup', '--root-directory', directory, file], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let memory: number | undefined;
  const look = setInterval(() => {
    memory = Math.max(memory ?? 0, highWaterMark(child.pid) ?? 0) || undefined;
  }, 50);
  const [code] = (await once(child, 'close')) as [number | null];
  clearInterval(look);
  if (code !== 0) throw new Error(`canopy backup ended with ${code}`);
  return { seconds: (performance.now() - started) / 1000, memory };
}

function highWaterMark(pid: number | undefined): number | undefined {
  try {
    const kibibytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) / 1024;
  } catch {
    return undefined;
  }
}

function rowOf(name: string, latencies: readonly number[], seconds: number): Row {
  return { name, value: latencies.length / seconds, unit: 'commits/s', ...spreadOf(latencies) };
}

async function quiet(storage: SqliteStorage, name: string): Promise<Row> {
  const end = new Promise((resolve) => setTimeout(resolve, quietMs));
  return rowOf(name, await commitsUntil(storage, end), quietMs / 1000);
}

try {
  const file = path.join(directory, 'canopy.db');
  const storage = await SqliteStorage.open({ path: file });
  await fill(storage);
  const rows = [await quiet(storage, 'before')];
  const backup = runBackup();
  const latencies = await commitsUntil(storage, backup);
  const { seconds, memory } = await backup;
  rows.push(rowOf('during the backup', latencies, seconds), await quiet(storage, 'after'));
  const size = statSync(path.join(directory, 'one.backup')).size / 1024 ** 2;
  rows.push({ name: 'backup', value: size / seconds, unit: 'MiB/s' });
  rows.push({ name: 'size', value: size, unit: 'MiB' });
  if (memory !== undefined) rows.push({ name: 'memory of the backup, at most', value: memory, unit: 'MiB' });
  rows.push({ name: "SQLite's log afterwards", value: statSync(`${file}-wal`).size / 1024 ** 2, unit: 'MiB' });
  await storage.close();
  process.stdout.write(tableText(rows));
  mkdirSync(path.join(root, 'bench/results'), { recursive: true });
  const text = JSON.stringify({ machine: machine(), rows }, undefined, 2);
  writeFileSync(path.join(root, 'bench/results/backup.json'), `${text}\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
