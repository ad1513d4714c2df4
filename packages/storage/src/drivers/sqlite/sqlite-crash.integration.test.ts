import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { key, Recorder, text } from '../../testing/contract-fixture.ts';
import type { Acknowledged } from '../../testing/crash-writer.ts';
import { SqliteStorage } from './sqlite-storage.ts';

const writerModule = fileURLToPath(new URL('../../testing/crash-writer.ts', import.meta.url));
const rounds = Number(process.env['CANOPY_CRASH_ROUNDS'] ?? 15);
const directory = mkdtempSync(join(tmpdir(), 'canopy-crash-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

interface Round {
  acknowledged: Acknowledged[];
}

/** Runs the writer until it is killed, a moment after it has acknowledged so many writes. */
async function runAndKill(path: string, round: number, writes: number): Promise<Round> {
  const child: ChildProcess = spawn(process.execPath, [writerModule, path, `${round}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  /** Of them the first says that the writer is ready. */
  let lines = 0;
  const started = new Promise<void>((resolve) => {
    child.stdout?.on('data', (data: Buffer) => {
      output += data.toString('utf8');
      lines += data.toString('utf8').split('\n').length - 1;
      if (lines > writes) resolve();
    });
  });
  child.stderr?.on('data', (data: Buffer) => (errors += data.toString('utf8')));
  const closed = once(child, 'close');
  await Promise.race([started, closed]);
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
  child.kill('SIGKILL');
  await closed;
  if (errors !== '') throw new Error(errors);
  const complete = output.slice(0, output.lastIndexOf('\n')).split('\n').slice(1);
  return { acknowledged: complete.map((line) => JSON.parse(line) as Acknowledged) };
}

function expectSoundFile(path: string): void {
  const database = new DatabaseSync(path, { readOnly: true });
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  const dangling = database
    .prepare('SELECT count(*) AS n FROM cur LEFT JOIN kv ON kv.rev = cur.rev AND kv.key = cur.key WHERE kv.rev IS NULL')
    .get();
  expect(dangling).toEqual({ n: 0 });
  database.close();
}

/** The groups and their index rows agree; what was acknowledged is there, or something newer. */
async function expectConsistent(storage: SqliteStorage, newest: ReadonlyMap<string, Acknowledged>): Promise<void> {
  const { items } = await storage.range('/group/');
  const groups = new Map<string, Set<string>>();
  for (const item of items) {
    const value = text(item.value)?.trim() ?? '';
    const name = item.key.slice(0, item.key.lastIndexOf('/'));
    groups.set(name, (groups.get(name) ?? new Set()).add(value));
    const indexed = await storage.rangeIndex('value', value);
    expect(indexed.items.map((found) => found.key)).toContain(item.key);
    const acknowledged = newest.get(item.key);
    if (acknowledged !== undefined) {
      expect(item.modRevision <= acknowledged.revision ? value : 'newer').toBe(
        item.modRevision <= acknowledged.revision ? acknowledged.value : 'newer',
      );
      // A transaction of this test has four changes, of which an acknowledged one's last has the revision it reports.
      expect(item.modRevision).toBeGreaterThan(acknowledged.revision - 4);
    }
  }
  for (const values of groups.values()) expect(values.size).toBe(1);
  for (const name of newest.keys()) expect(await storage.get(key(name))).toBeDefined();
  const values = await storage.indexValues('value', '');
  expect(values.length).toBe(groups.size);
}

describe('SqliteStorage killed while it writes', () => {
  it(`has every acknowledged write and no half transaction, ${rounds} times`, {
    timeout: 60_000 + rounds * 5000,
  }, async () => {
    const path = join(directory, 'crash.db');
    const newest = new Map<string, Acknowledged>();
    let highest = 0;
    let total = 0;
    for (let round = 0; round < rounds; round++) {
      const { acknowledged } = await runAndKill(path, round, Math.floor(Math.random() * 300));
      for (const write of acknowledged) {
        for (const name of write.keys) if ((newest.get(name)?.revision ?? 0) < write.revision) newest.set(name, write);
        expect(write.revision).toBeGreaterThan(highest);
      }
      total += acknowledged.length;
      const highestAcknowledged = Math.max(highest, ...acknowledged.map((write) => write.revision));
      const storage = await SqliteStorage.open({ path });
      const revision = await storage.currentRevision();
      expect(revision).toBeGreaterThanOrEqual(highestAcknowledged);
      highest = revision;
      await expectConsistent(storage, newest);
      const compacted = await storage.compactedRevision();
      const recorder = await Recorder.follow(storage, Math.max(compacted, 1));
      if (revision > Math.max(compacted, 1)) await recorder.reached(revision);
      const revisions = recorder.changes.map((change) => change.revision as number);
      expect(revisions).toEqual(revisions.map((_, i) => Math.max(compacted, 1) + 1 + i));
      const next = await storage.transact({
        compares: [],
        operations: [{ type: 'put', key: key('/probe'), value: new Uint8Array() }],
      });
      expect(next.succeeded ? next.revision : 0).toBeGreaterThan(highest);
      highest = next.succeeded ? next.revision : highest;
      await storage.close();
      expectSoundFile(path);
    }
    expect(total).toBeGreaterThan(rounds);
  });
});
