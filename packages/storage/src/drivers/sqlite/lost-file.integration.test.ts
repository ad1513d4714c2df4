import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { expectStorageError, put } from '../../testing/contract-fixture.ts';
import { SqliteStorage } from './sqlite-storage.ts';

const directory = mkdtempSync(join(tmpdir(), 'canopy-lost-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const losses: Record<string, { lose(path: string): void; words: RegExp }> = {
  'the database is removed': { lose: (path) => rmSync(path), words: /\.db is gone$/ },
  'its log is removed': { lose: (path) => rmSync(`${path}-wal`), words: /\.db-wal is gone$/ },
  'the database is replaced': {
    lose(path) {
      copyFileSync(path, `${path}.copy`);
      renameSync(`${path}.copy`, path);
    },
    words: /\.db is another file than it was$/,
  },
};

describe('a store that nobody writes to fails for good, on every thread, when', () => {
  it.each(Object.entries(losses))('%s', async (name, { lose, words }) => {
    const path = join(directory, `${name.replaceAll(' ', '-')}.db`);
    const failures: Promise<Error>[] = [];
    const failing = (): { onFailure: (error: Error) => void } => {
      const { promise, resolve } = Promise.withResolvers<Error>();
      failures.push(promise);
      return { onFailure: resolve };
    };
    const storage = await SqliteStorage.open({ path, ...failing() });
    const joined = await SqliteStorage.join(storage.share(), failing());
    const ended = Promise.withResolvers<Error>();
    await put(storage, '/a', '1');
    await storage.follow(await storage.currentRevision(), { onChanges: () => undefined, onError: ended.resolve });
    lose(path);
    for (const error of await Promise.all([...failures, ended.promise])) expect(error.message).toMatch(words);
    for (const thread of [storage, joined]) await expectStorageError(put(thread, '/b', '2'), 'StorageFailed');
    await expect(put(storage, '/b', '2')).rejects.toThrow(words);
    await joined.close();
    await storage.close();
  });
});
