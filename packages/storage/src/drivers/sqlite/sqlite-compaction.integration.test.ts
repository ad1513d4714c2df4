import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, it } from 'vitest';
import { Compactor } from '../../change-log/compactor.ts';
import type { Revision } from '../../storage.ts';
import { key } from '../../testing/contract-fixture.ts';
import { openDatabase } from './database-file.ts';
import { SqliteCompaction, type StepBounds } from './sqlite-compaction.ts';
import { SqliteStorage } from './sqlite-storage.ts';

const directory = mkdtempSync(join(tmpdir(), 'canopy-compaction-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let count = 0;

function fresh(): string {
  return join(directory, `${count++}.db`);
}

async function put(storage: SqliteStorage, name: string, bytes: number): Promise<void> {
  await storage.transact({ compares: [], operations: [{ type: 'put', key: key(name), value: new Uint8Array(bytes) }] });
}

/** A file with 100 changes of one key, compacted up to the last but not swept. */
function unswept(bytes: number): DatabaseSync {
  const path = fresh();
  const made = openDatabase(path, 1 << 20);
  made.database.close();
  made.lock.release();
  const database = new DatabaseSync(path);
  const append = database.prepare("INSERT INTO kv VALUES (?, '/a', 2, ?, ?)");
  for (let rev = 2; rev <= 101; rev++) append.run(rev, rev === 2 ? 0 : rev - 1, new Uint8Array(bytes));
  database.exec(
    "INSERT INTO cur VALUES ('/a', 101, 2, NULL, NULL); UPDATE meta SET value = 101 WHERE name = 'compacted'",
  );
  return database;
}

/** Rows left after each step, a write being made between two of them. */
function sweepAll(database: DatabaseSync, bounds: Partial<StepBounds>, now: () => number): number[] {
  const compaction = new SqliteCompaction(database, bounds, now);
  const write = database.prepare("INSERT INTO kv VALUES (?, '/b', ?, 0, x'00')");
  const left = database.prepare("SELECT count(*) AS n FROM kv WHERE key = '/a'");
  const counts: number[] = [];
  for (let rev = 1000; compaction.sweep(); rev++) {
    counts.push((left.get() as { n: number }).n);
    expect(database.isTransaction).toBe(false);
    write.run(rev, rev);
  }
  expect(database.prepare("SELECT count(*) AS n FROM kv WHERE key = '/b'").get()).toEqual({ n: counts.length });
  return counts;
}

describe('compaction of a file', () => {
  it('goes in steps of so many changes', () => {
    const database = unswept(10);
    expect(sweepAll(database, { changes: 40, ms: 1000 }, () => 0)).toEqual([61, 21, 1]);
    database.close();
  });

  it('goes in steps of so many bytes', () => {
    const database = unswept(100_000);
    const counts = sweepAll(database, { bytes: 1_000_000, ms: 1000 }, () => 0);
    expect(counts).toEqual([90, 80, 70, 60, 50, 40, 30, 20, 10, 1]);
    database.close();
  });

  it('ends a step when its time is over, and has done something then', () => {
    const database = unswept(10);
    let time = 0;
    const counts = sweepAll(database, { ms: 20 }, () => time++);
    expect(counts.length).toBeGreaterThan(4);
    expect(counts.at(-1)).toBe(1);
    const slow = unswept(10);
    // The first change of the log has no predecessor to remove.
    expect(sweepAll(slow, { ms: 5 }, () => (time += 1000))).toEqual(Array.from({ length: 100 }, (_, i) => 100 - i));
    database.close();
    slow.close();
  });

  it('gives room at the end of the file back, step by step, until little is free', () => {
    const database = unswept(100_000);
    sweepAll(database, {}, () => 0);
    const pages = (): number => (database.prepare('PRAGMA page_count').get() as { page_count: number }).page_count;
    const before = pages();
    const compaction = new SqliteCompaction(database, { pages: 50 });
    let steps = 0;
    for (let last = before; compaction.shrink(); last = pages(), steps++)
      expect(last - pages()).toBeLessThanOrEqual(60);
    expect(steps).toBeGreaterThan(10);
    expect(pages()).toBeLessThan(before / 10);
    expect(database.prepare('SELECT length(value) AS n FROM kv WHERE rev = 101').get()).toEqual({ n: 100_000 });
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    database.close();
  });

  it('keeps the file within twice what lives and what the log must keep, under churn of writers that never wait', async () => {
    const path = fresh();
    const storage = await SqliteStorage.open({ path });
    const compactor = new Compactor(storage, { keepChanges: 50, keepMs: 0 });
    const bytes = 20_000;
    let done = 0;
    let compactions = 0;
    const compacting = (async () => {
      while (done < 600) {
        await compactor.runOnce();
        compactions++;
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    for (; done < 600; done++) await put(storage, `/k/${done % 20}`, bytes);
    await compacting;
    await compactor.runOnce();
    const newest: Revision = await storage.currentRevision();
    expect(await storage.compactedRevision()).toBe(newest - 50);
    expect(compactions).toBeGreaterThan(1);
    await storage.close();
    expect(statSync(path).size).toBeLessThan(2 * (20 + 50) * bytes);
  });
});
