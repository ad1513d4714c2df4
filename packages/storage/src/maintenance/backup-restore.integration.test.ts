import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { SqliteStorage } from '../drivers/sqlite/sqlite-storage.ts';
import type { Revision } from '../storage.ts';
import { isStorageError } from '../storage-error.ts';
import { bytes, expectStorageError, key, put, text } from '../testing/contract-fixture.ts';
import {
  configMapKey,
  configMapText,
  damage,
  Files,
  makeDatabase,
  putConfigMap,
} from '../testing/maintenance-fixture.ts';
import { type BackupOptions, backupDatabase } from './backup.ts';
import { checkDatabase } from './check-database.ts';
import { type RestoreOptions, restoreDatabase } from './restore.ts';
import { verifySeal } from './sealed-file.ts';

const files = new Files();
afterAll(() => files.remove());
const writerModule = fileURLToPath(new URL('../testing/crash-writer.ts', import.meta.url));

async function backupOf(path: string, more: Partial<BackupOptions> = {}): Promise<string> {
  const target = files.fresh('backup');
  await backupDatabase({ path, target, ...more });
  return target;
}

function restore(backup: string, path: string, more: Partial<RestoreOptions> = {}) {
  return restoreDatabase({ backup, path, revisionJump: 1000, ...more });
}

function refusal(attempt: () => unknown): string {
  try {
    attempt();
  } catch (error) {
    if (isStorageError(error)) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'nothing was refused';
}

function problemsOf(path: string): string[] {
  const lines: string[] = [];
  checkDatabase(path, { onProblem: ({ where, what }) => lines.push(`${where}: ${what}`) });
  return lines;
}

/** Leaves a database with a log beside it, as a killed server does. */
async function killedWriter(path: string): Promise<void> {
  const child = spawn(process.execPath, [writerModule, path, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let lines = 0;
  await new Promise<void>((resolve) =>
    child.stdout.on('data', (data: Buffer) => {
      lines += data.toString('latin1').split('\n').length;
      if (lines > 50) resolve();
    }),
  );
  const closed = once(child, 'close');
  child.kill('SIGKILL');
  await closed;
}

describe('a backup', () => {
  it('is one snapshot of a store that is being written, with everything acknowledged before', async () => {
    const path = files.fresh();
    const storage = await SqliteStorage.open({ path });
    for (let i = 0; i < 200; i++)
      await put(storage, configMapKey(`old-${i}`), configMapText(`old-${i}`, { i, pad: 'x'.repeat(20_000) }));
    const before = await storage.currentRevision();
    let ended = false;
    let writes = 0;
    const writer = async (): Promise<void> => {
      while (!ended) {
        const value = configMapText('left', { round: writes++ });
        const operations = ['left', 'right'].map((name) => ({
          type: 'put' as const,
          key: key(configMapKey(name)),
          value: bytes(value.replace('"left"', `"${name}"`)),
        }));
        await storage.transact({ compares: [], operations });
      }
    };
    const writing = writer();
    const target = await backupOf(path);
    const during = writes;
    ended = true;
    await writing;
    await storage.close();
    expect(during).toBeGreaterThan(1);
    const copy = files.fresh();
    const { backupRevision } = restore(target, copy);
    expect(backupRevision).toBeGreaterThanOrEqual(before);
    const restored = await SqliteStorage.open({ path: copy });
    expect(await restored.count(configMapKey('old-'))).toBe(200);
    const [left, right] = await Promise.all(['left', 'right'].map((name) => restored.get(key(configMapKey(name)))));
    expect(text(right?.value)?.replace('"right"', '"left"')).toBe(text(left?.value));
    await restored.close();
  });

  it('is for its owner alone, can be opened as a database, and tells what is in it', async () => {
    const path = files.fresh();
    await makeDatabase(path);
    const target = files.fresh('backup');
    const result = await backupDatabase({ path, target, files: new Map([['ca.crt', bytes('pem')]]) });
    expect(result).toMatchObject({ revision: 10, objects: 5, compacted: 6, bytes: statSync(target).size });
    expect(statSync(target).mode & 0o777).toBe(0o600);
    expect(verifySeal(target)).toBe(true);
    expect(problemsOf(target)).toEqual([]);
    const received: string[] = [];
    restore(target, files.fresh(), {
      installFiles: (found) => received.push(...[...found].map(([name, content]) => `${name}=${text(content)}`)),
    });
    expect(received).toEqual(['ca.crt=pem']);
  });

  it('does not overwrite a file unless it is told to', async () => {
    const path = files.fresh();
    await makeDatabase(path);
    const target = files.fresh('backup');
    writeFileSync(target, 'precious');
    await expectStorageError(backupDatabase({ path, target }), 'InvalidArgument');
    expect(readFileSync(target, 'utf8')).toBe('precious');
    await backupDatabase({ path, target, force: true });
    expect(verifySeal(target)).toBe(true);
  });

  it('leaves nothing behind when it is interrupted', async () => {
    const path = files.fresh();
    const storage = await SqliteStorage.open({ path });
    for (let i = 0; i < 100; i++)
      await put(storage, configMapKey(`a-${i}`), configMapText(`a-${i}`, { pad: 'x'.repeat(50_000) }));
    await storage.close();
    const target = files.fresh('backup');
    const interrupted = new AbortController();
    let steps = 0;
    const onProgress = (): void => {
      if (++steps === 2) interrupted.abort(new Error('enough'));
    };
    await expectStorageError(backupDatabase({ path, target, onProgress, signal: interrupted.signal }), 'StorageFailed');
    expect(steps).toBe(2);
    expect(readdirSync(files.directory).filter((name) => name.startsWith(basename(target)))).toEqual([]);
  });

  it('of a damaged database is refused, unless it is wanted', async () => {
    const path = files.fresh();
    await makeDatabase(path);
    damage(path, 'DELETE FROM kv WHERE rev = 2');
    const target = files.fresh('backup');
    await expectStorageError(backupDatabase({ path, target }), 'StorageFailed');
    expect(existsSync(target)).toBe(false);
    await backupDatabase({ path, target, unchecked: true });
    const copy = files.fresh();
    expect(refusal(() => restore(target, copy))).toContain('has 1 problems');
    restore(target, copy, { unchecked: true });
    expect(problemsOf(copy)).toHaveLength(1);
  });
});

describe('a restored store', () => {
  it('continues above all revisions that are known, with its history compacted and its leases kept', async () => {
    const path = files.fresh();
    await makeDatabase(path);
    const target = await backupOf(path);
    const later = await SqliteStorage.open({ path });
    for (let i = 0; i < 30; i++) await putConfigMap(later, 'lost');
    const handedOut = await later.currentRevision();
    await later.close();
    const result = restore(target, path, { force: true });
    expect(result).toMatchObject({ backupRevision: 10, replacedRevision: handedOut, revision: handedOut + 1000 });
    const storage = await SqliteStorage.open({ path });
    expect(await storage.currentRevision()).toBe(handedOut + 1000);
    const follower = { onChanges: () => undefined, onError: () => undefined };
    await expectStorageError(storage.follow(handedOut, follower), 'RevisionCompacted');
    await expectStorageError(storage.follow(10 as Revision, follower), 'RevisionCompacted');
    await expectStorageError(storage.range('/r/', { revision: handedOut }), 'RevisionCompacted');
    (await storage.follow(result.revision as Revision, follower)).close();
    expect(await storage.get(key(configMapKey('lost')))).toBeUndefined();
    expect((await storage.get(key(configMapKey('a'))))?.modRevision).toBe(2);
    expect(await putConfigMap(storage, 'next')).toBe(handedOut + 1001);
    await storage.revokeLease(1);
    expect(await storage.get(key(configMapKey('leased')))).toBeUndefined();
    await storage.compact(await storage.currentRevision());
    await storage.close();
    expect(problemsOf(path)).toEqual([]);
  });

  it('replaces the database of a killed server without taking over its log', async () => {
    const source = files.fresh();
    await makeDatabase(source);
    const target = await backupOf(source);
    const path = files.fresh();
    await killedWriter(path);
    expect(statSync(`${path}-wal`).size).toBeGreaterThan(0);
    writeFileSync(`${path}.1234.tmp`, 'left by a restore that was killed');
    restore(target, path, { force: true });
    expect(existsSync(`${path}.1234.tmp`)).toBe(false);
    const storage = await SqliteStorage.open({ path });
    expect((await storage.range('/')).items.map((item) => item.key)).toEqual([
      ...['a', 'b', 'c', 'leased'].map(configMapKey),
      '/w/gc/root/1',
    ]);
    await storage.close();
    expect(problemsOf(path)).toEqual([]);
  });

  it('is not made where a store is open or there is a database', async () => {
    const path = files.fresh();
    await makeDatabase(path);
    const target = await backupOf(path);
    expect(refusal(() => restore(target, path))).toContain('InvalidArgument');
    const storage = await SqliteStorage.open({ path });
    expect(refusal(() => restore(target, path, { force: true }))).toContain('is already open in this process');
    await putConfigMap(storage, 'still-writable');
    await storage.close();
    expect(refusal(() => restore(target, path, { force: true, revisionJump: 2 ** 52 }))).toContain('too little room');
  });

  it.each<[string, (file: string, size: number) => void]>([
    [
      'a changed byte',
      (file, size) => {
        const content = readFileSync(file);
        const at = Math.floor(size / 2);
        content[at] = (content[at] as number) ^ 1;
        writeFileSync(file, content);
      },
    ],
    ['a missing end', (file, size) => truncateSync(file, size - 1)],
    ['a missing half', (file, size) => truncateSync(file, Math.floor(size / 2))],
    ['no content', (file) => truncateSync(file, 0)],
    ['other content', (file) => writeFileSync(file, 'words '.repeat(100))],
  ])('is not made of a backup with %s, and what was there stays', async (_, spoil) => {
    const path = files.fresh();
    await makeDatabase(path);
    const target = await backupOf(path);
    spoil(target, statSync(target).size);
    const before = readFileSync(path);
    expect(refusal(() => restore(target, path, { force: true }))).toMatch(
      /StorageFailed: .*(is damaged|is not a backup)/,
    );
    expect(readFileSync(path)).toEqual(before);
    expect(readdirSync(files.directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});
