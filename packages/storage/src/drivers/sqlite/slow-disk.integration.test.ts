import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { objectKey } from '../../keys.ts';
import type { Change, StorageKey, TransactionResult } from '../../storage.ts';
import { isStorageError } from '../../storage-error.ts';
import { SqliteStorage } from './sqlite-storage.ts';

const maxQueued = 50;
const delayMs = 400;

describe('a store on a disk that takes long to commit', () => {
  let directory: string;
  let file: string;
  let store: SqliteStorage;
  const open = (): Promise<SqliteStorage> =>
    SqliteStorage.open({
      path: file,
      maxQueued,
      workerUrl: new URL('../../testing/slow-sqlite-worker.ts', import.meta.url),
    });
  beforeEach(async () => {
    directory = mkdtempSync(path.join(tmpdir(), 'canopy-'));
    file = path.join(directory, 'slow.db');
    store = await open();
  });
  afterEach(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });

  const key = (name: string): StorageKey =>
    objectKey({ group: 'core', resource: 'configmaps', cluster: 'abc', namespace: 'default', name });
  const text = async (name: string): Promise<string> =>
    Buffer.from((await store.get(key(name)))?.value ?? []).toString();
  const write = (name: string): Promise<TransactionResult> =>
    store.transact({ compares: [], operations: [{ type: 'put', key: key(name), value: Buffer.from(name) }] });

  it('lets so many writes wait and refuses more, reads on, keeps order and what it said, and is quick again after', async () => {
    await write('before');
    const told: Change[] = [];
    const start = await store.currentRevision();
    await store.follow(start, { onChanges: (changes) => void told.push(...changes), onError: () => undefined });
    writeFileSync(`${file}.delay`, `${delayMs}`);
    const first = write('first');
    // The first is under way from the next turn on; what follows has to wait for it.
    await new Promise((resolve) => setTimeout(resolve, delayMs / 4));
    const answers = await (async () => {
      const waiting = Promise.allSettled(Array.from({ length: 3 * maxQueued }, (_, i) => write(`w-${i}`)));
      expect(await text('before')).toBe('before');
      expect(await store.get(key('first'))).toBeUndefined();
      expect(told).toEqual([]);
      return waiting;
    })();
    await first;
    const kept = answers.flatMap(({ status }, i) => (status === 'fulfilled' ? [`w-${i}`] : []));
    expect(kept).toEqual(Array.from({ length: maxQueued }, (_, i) => `w-${i}`));
    for (const answer of answers)
      if (answer.status === 'rejected') expect(isStorageError(answer.reason, 'Overloaded')).toBe(true);
    expect(told.map((change) => change.key)).toEqual(['first', ...kept].map(key));

    writeFileSync(`${file}.delay`, '0');
    const began = performance.now();
    for (let i = 0; i < 5; i++) await write(`after-${i}`);
    expect(performance.now() - began).toBeLessThan(5 * delayMs);
    await store.close();
    store = await open();
    for (const name of ['first', ...kept, 'after-4']) expect(await text(name)).toBe(name);
  });
});
