import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isStorageError } from '../../storage-error.ts';
import { bytes, key, put } from '../../testing/contract-fixture.ts';
import { SqliteStorage } from './sqlite-storage.ts';

const directory = mkdtempSync(join(tmpdir(), 'canopy-damaged-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const pairs = 60;
let count = 0;
/** A database as a crash leaves it: much in the file, more in its write-ahead log. */
const crashed = join(directory, 'crashed.db');

beforeAll(async () => {
  const path = join(directory, 'live.db');
  const first = await SqliteStorage.open({ path });
  for (let i = 0; i < 100; i++) await put(first, `/before/${i}`, 'x'.repeat(3000));
  await first.close();
  const second = await SqliteStorage.open({ path });
  for (let i = 0; i < pairs; i++) {
    const operations = ['a', 'b'].map((half) => ({
      type: 'put' as const,
      key: key(`/pair/${String(i).padStart(3, '0')}/${half}`),
      value: bytes('y'.repeat(3000)),
      indexes: [{ index: 'pair', value: `${i}` }],
    }));
    await second.transact({ compares: [], operations });
  }
  for (const suffix of ['', '-wal']) copyFileSync(path + suffix, crashed + suffix);
  await second.close();
});

function fresh(): string {
  const path = join(directory, `${count++}.db`);
  for (const suffix of ['', '-wal']) copyFileSync(crashed + suffix, path + suffix);
  return path;
}

/** What a process leaves that is killed while it makes a database: pages of which the journal says that they were not there. */
function halfMade(): string {
  const path = join(directory, `${count++}.db`);
  const database = new DatabaseSync(`${path}-making`);
  database.exec(`PRAGMA auto_vacuum=INCREMENTAL; PRAGMA cache_size=2; BEGIN IMMEDIATE; CREATE TABLE kv (rev, value);
    WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many WHERE n < 50)
    INSERT INTO kv SELECT n, randomblob(3000) FROM many`);
  for (const suffix of ['', '-journal']) copyFileSync(`${path}-making${suffix}`, path + suffix);
  database.close();
  return path;
}

/** The words of a refusal, after which both files are as they were. */
async function refusalThatLeavesAll(path: string): Promise<string> {
  const content = (): (Buffer | undefined)[] =>
    ['', '-wal'].map((suffix) => (existsSync(path + suffix) ? readFileSync(path + suffix) : undefined));
  const before = content();
  const error: unknown = await SqliteStorage.open({ path }).then(
    (storage) => storage.close(),
    (thrown: unknown) => thrown,
  );
  expect(isStorageError(error, 'StorageFailed')).toBe(true);
  expect(content()).toEqual(before);
  return (error as Error).message;
}

/** Pairs of which both halves are there; fails for half of one. */
async function wholePairs(path: string): Promise<number> {
  const storage = await SqliteStorage.open({ path });
  const names = (await storage.range('/pair/')).items.map((item) => item.key);
  const halves = new Map<string, number>();
  for (const name of names) halves.set(name.slice(0, -2), (halves.get(name.slice(0, -2)) ?? 0) + 1);
  expect([...halves.values()].every((n) => n === 2)).toBe(true);
  expect(await storage.indexValues('pair', '')).toHaveLength(halves.size);
  expect(await storage.count('/before/')).toBe(100);
  const revision = await storage.currentRevision();
  expect(await put(storage, '/probe', 'v')).toBe(revision + 1);
  await storage.close();
  const database = new DatabaseSync(path, { readOnly: true });
  expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
  database.close();
  return halves.size;
}

describe('a database file that was being made when its maker was killed', () => {
  it('is made anew', async () => {
    const path = halfMade();
    expect(readFileSync(path).length).toBeGreaterThan(100_000);
    writeFileSync(`${path}-lock`, '');
    const storage = await SqliteStorage.open({ path });
    await put(storage, '/a', '1');
    expect((await storage.range('/')).items).toHaveLength(1);
    await storage.close();
  });

  it('is left alone when Canopy was not its maker', async () => {
    expect(await refusalThatLeavesAll(halfMade())).toContain('is not a Canopy database');
  });
});

describe('a database file that a crash left', () => {
  it('has everything', async () => {
    expect(await wholePairs(fresh())).toBe(pairs);
  });

  it.each([0.2, 0.5, 0.9])('whose log is cut off at %f has whole transactions, up to there', async (share) => {
    const path = fresh();
    truncateSync(`${path}-wal`, Math.floor(readFileSync(`${path}-wal`).length * share));
    const found = await wholePairs(path);
    expect(found).toBeGreaterThan(pairs * (share - 0.2));
    expect(found).toBeLessThan(pairs);
  });

  it('whose log has garbage in the middle has whole transactions, up to there', async () => {
    const path = fresh();
    const log = readFileSync(`${path}-wal`);
    log.fill(0x5a, log.length / 2, log.length / 2 + 500);
    writeFileSync(`${path}-wal`, log);
    const found = await wholePairs(path);
    expect(found).toBeGreaterThan(0);
    expect(found).toBeLessThan(pairs);
  });

  it('whose log is gone has what was in the file', async () => {
    const path = fresh();
    rmSync(`${path}-wal`);
    expect(await wholePairs(path)).toBe(0);
  });
});

describe('refused with both files left as they are is a database', () => {
  it('that is gone, with its log still there', async () => {
    const path = fresh();
    rmSync(path);
    expect(await refusalThatLeavesAll(path)).toContain('is missing or empty, but its log');
  });

  it('that is empty, with its log still there', async () => {
    const path = fresh();
    truncateSync(path, 0);
    expect(await refusalThatLeavesAll(path)).toContain('is missing or empty, but its log');
  });

  it.each(['with', 'without'])('that is cut off in the middle, %s a log', async (log) => {
    const path = fresh();
    if (log === 'without') rmSync(`${path}-wal`);
    truncateSync(path, 50);
    expect(await refusalThatLeavesAll(path)).toContain('is not a Canopy database');
  });

  it('that is cut off in the middle, without a log', async () => {
    const path = fresh();
    rmSync(`${path}-wal`);
    truncateSync(path, Math.floor(readFileSync(path).length / 2));
    expect(await refusalThatLeavesAll(path)).toContain('malformed');
  });

  it.each(['with', 'without'])('whose pages are garbage, %s a log', async (log) => {
    const path = fresh();
    if (log === 'without') rmSync(`${path}-wal`);
    const file = readFileSync(path);
    file.fill(0x5a, 4096);
    writeFileSync(path, file);
    expect(await refusalThatLeavesAll(path)).toContain('malformed');
  });

  it.each([0, 99])('of format version %i', async (version) => {
    const path = fresh();
    rmSync(`${path}-wal`);
    const file = readFileSync(path);
    file.writeUInt32BE(version, 60);
    writeFileSync(path, file);
    expect(await refusalThatLeavesAll(path)).toContain(`format version ${version}`);
  });
});
