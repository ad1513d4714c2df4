import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { Revision } from '../../storage.ts';
import { isStorageError } from '../../storage-error.ts';
import { bytes, entries, expectStorageError, key, put, text } from '../../testing/contract-fixture.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { SqliteStorage } from './sqlite-storage.ts';

const directory = mkdtempSync(join(tmpdir(), 'canopy-sqlite-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const writerModule = fileURLToPath(new URL('../../testing/crash-writer.ts', import.meta.url));
let count = 0;

function fresh(): string {
  return join(directory, `${count++}.db`);
}

async function refusal(path: string): Promise<string> {
  const error = await SqliteStorage.open({ path }).then(
    async (storage) => {
      await storage.close();
      return undefined;
    },
    (thrown: unknown) => thrown,
  );
  expect(isStorageError(error, 'StorageFailed')).toBe(true);
  return isStorageError(error) ? error.message : '';
}

async function fill(storage: SqliteStorage): Promise<number> {
  for (let i = 0; ; i++) {
    try {
      await put(storage, '/filler', 'x'.repeat(20_000));
    } catch (error) {
      if (isStorageError(error, 'StorageFull')) return i;
      throw error;
    }
  }
}

describe('the file of SqliteStorage', () => {
  it('keeps everything over a restart: values, revisions, indexes, compaction and leases', async () => {
    const path = fresh();
    const clock = new ManualClock();
    const first = await SqliteStorage.open({ path, clock });
    const lease = await first.grantLease(10);
    await put(first, '/leased', 'v', { lease });
    await put(first, '/a', '1', { indexes: [{ index: 'i', value: 'x' }] });
    const revision = await put(first, '/a', '2', { indexes: [{ index: 'i', value: 'y' }] });
    await first.compact((revision - 1) as Revision);
    await first.close();
    const second = await SqliteStorage.open({ path, clock });
    expect(await second.currentRevision()).toBe(revision);
    expect(await second.compactedRevision()).toBe(revision - 1);
    expect(entries(await second.rangeIndex('i', 'y'))).toEqual(['/a=2']);
    expect(text((await second.get(key('/a'), { revision: (revision - 1) as Revision }))?.value)).toBe('1');
    expect(await second.count('/')).toBe(2);
    clock.advance(11_000);
    await put(second, '/b', '1');
    expect(await second.get(key('/leased'))).toBeUndefined();
    await second.close();
    const third = await SqliteStorage.open({ path, clock });
    expect((await third.range('/')).items.map((item) => item.key)).toEqual(['/a', '/b']);
    expect(await third.grantLease(10)).not.toBe(lease);
    await third.close();
  });

  it('belongs to one process, which a second one is told, until that one dies', async () => {
    const path = fresh();
    const child = spawn(process.execPath, [writerModule, path, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(child.stdout, 'data');
    expect(await refusal(path)).toContain(`is in use by another process (pid ${child.pid})`);
    const closed = once(child, 'close');
    child.stdout.resume();
    child.kill('SIGKILL');
    await closed;
    const storage = await SqliteStorage.open({ path });
    expect(await refusal(path)).toContain('already open in this process');
    await put(storage, '/still', 'writable');
    await storage.close();
    await (await SqliteStorage.open({ path })).close();
  });

  it('is refused and left alone when it is something else', async () => {
    const textFile = fresh();
    writeFileSync(textFile, 'no database at all, and long enough to be mistaken for one. '.repeat(5));
    const foreign = fresh();
    const database = new DatabaseSync(foreign);
    database.exec('CREATE TABLE theirs (a); PRAGMA application_id=7');
    database.close();
    const newer = fresh();
    await (await SqliteStorage.open({ path: newer })).close();
    const future = new DatabaseSync(newer);
    future.exec('PRAGMA user_version=99; PRAGMA wal_checkpoint(TRUNCATE)');
    future.close();
    const contents = [textFile, foreign, newer].map((path) => readFileSync(path));
    expect(await refusal(textFile)).toContain('is not a Canopy database');
    expect(await refusal(foreign)).toContain('is not a Canopy database');
    expect(await refusal(newer)).toContain('format version 99');
    expect([textFile, foreign, newer].map((path) => readFileSync(path))).toEqual(contents);
    expect(existsSync(`${textFile}-lock`)).toBe(false);
    const folder = fresh();
    mkdirSync(folder);
    expect(await refusal(folder)).toContain('cannot read');
    expect(await refusal(join(directory, 'missing', 'a.db'))).toContain('cannot lock');
  });

  it('refuses writes without harm when space runs out, and takes them again when there is some', async () => {
    const storage = await SqliteStorage.open({ path: fresh(), maxPageCount: 100 });
    const kept = await put(storage, '/kept', 'v', { indexes: [{ index: 'i', value: 'v' }] });
    expect(await fill(storage)).toBeGreaterThan(3);
    const full = await storage.currentRevision();
    const operations = ['/x', '/y'].map((name) => ({
      type: 'put' as const,
      key: key(name),
      value: bytes('x'.repeat(30_000)),
      indexes: [{ index: 'i', value: name }],
    }));
    await expectStorageError(storage.transact({ compares: [], operations }), 'StorageFull');
    expect(await storage.currentRevision()).toBe(full);
    expect(await storage.indexValues('i', '')).toEqual(['v']);
    expect((await storage.get(key('/kept')))?.modRevision).toBe(kept);
    await storage.compact(full);
    const result = await storage.transact({ compares: [], operations });
    expect(result.succeeded ? result.revisions : []).toEqual([full + 1, full + 2]);
    expect(await storage.indexValues('i', '')).toEqual(['/x', '/y', 'v']);
    await storage.close();
  });

  it('refuses writes beyond the bounds of its queue at once, and goes on afterwards', async () => {
    const storage = await SqliteStorage.open({ path: fresh(), maxQueued: 10 });
    const results = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => put(storage, `/k/${i}`, 'v')));
    const refused = results.filter((result) => result.status === 'rejected');
    expect(refused.every((result) => isStorageError(result.reason, 'Overloaded'))).toBe(true);
    expect(refused).toHaveLength(40);
    expect(await storage.count('/k/')).toBe(10);
    await put(storage, '/after', 'v');
    await storage.close();
  });

  it('fails writes, followers and nothing else when the writer thread is lost', async () => {
    const storage = await SqliteStorage.open({
      path: fresh(),
      workerUrl: new URL('./no-such-module.ts', import.meta.url),
    });
    let ended: Error | undefined;
    const nothing = () => undefined;
    await storage.follow(await storage.currentRevision(), {
      onChanges: nothing,
      onError: (error) => {
        ended = error;
      },
    });
    await expectStorageError(put(storage, '/a', '1'), 'StorageFailed');
    await expectStorageError(put(storage, '/a', '1'), 'StorageFailed');
    expect(isStorageError(ended, 'StorageFailed')).toBe(true);
    expect(await storage.get(key('/a'))).toBeUndefined();
    await storage.close();
  });

  it('finishes a compaction that was interrupted, and gives back what it used', async () => {
    const path = fresh();
    const storage = await SqliteStorage.open({ path });
    for (let round = 0; round < 10; round++) {
      const operations = Array.from({ length: 300 }, (_, i) => ({
        type: 'put' as const,
        key: key(`/k/${i}`),
        value: bytes(`${round}`),
      }));
      await storage.transact({ compares: [], operations });
    }
    await storage.transact({
      compares: [],
      operations: Array.from({ length: 100 }, (_, i) => ({ type: 'delete' as const, key: key(`/k/${i}`) })),
    });
    const compacting = storage.compact(await storage.currentRevision()).catch(() => undefined);
    await storage.close();
    await compacting;
    const again = await SqliteStorage.open({ path });
    // A later compaction ends after the one that is resumed.
    await again.compact(await put(again, '/last', 'v'));
    await again.close();
    const database = new DatabaseSync(path, { readOnly: true });
    expect(database.prepare('SELECT (SELECT count(*) FROM kv) AS kv, (SELECT count(*) FROM cur) AS cur').get()).toEqual(
      { kv: 201, cur: 201 },
    );
    database.close();
  });
});
