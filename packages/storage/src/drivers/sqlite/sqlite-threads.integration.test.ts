import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Revision, StorageKey } from '../../storage.ts';
import type { ThreadTask } from '../../testing/sqlite-thread.ts';
import { ManualClock, storageContract } from '../../testing/storage-contract.ts';
import { SqliteStorage } from './sqlite-storage.ts';

const directory = mkdtempSync(join(tmpdir(), 'canopy-threads-'));
let count = 0;
afterAll(() => rmSync(directory, { recursive: true, force: true }));

storageContract('SqliteStorage of a thread that has joined', async () => {
  const clock = new ManualClock();
  const owner = await SqliteStorage.open({ path: join(directory, `${count++}.db`), clock });
  const storage = await SqliteStorage.join(owner.share(), { clock });
  return {
    storage,
    advance: async (ms) => {
      clock.advance(ms);
      await storage.transact({ compares: [], operations: [] });
    },
    dispose: async () => {
      await storage.close();
      await owner.close();
    },
  };
});

class Thread {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  static async join(storage: SqliteStorage): Promise<Thread> {
    const share = storage.share();
    const worker = new Worker(new URL('../../testing/sqlite-thread.ts', import.meta.url), {
      workerData: share,
      transferList: [share.port],
    });
    await once(worker, 'message');
    return new Thread(worker);
  }

  async ask<T>(task: ThreadTask): Promise<T> {
    this.#worker.postMessage(task);
    return (await once(this.#worker, 'message'))[0] as T;
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

const counter = '/counter' as StorageKey;

describe('threads that use one store', () => {
  let storage: SqliteStorage;
  let threads: Thread[];

  beforeEach(async () => {
    storage = await SqliteStorage.open({ path: join(directory, `${count++}.db`) });
    threads = [];
    for (let i = 0; i < 3; i++) threads.push(await Thread.join(storage));
  });

  afterEach(async () => {
    for (const thread of threads) await thread.end();
    await storage.close();
  });

  const put = (value: string) =>
    storage.transact({ compares: [], operations: [{ type: 'put', key: counter, value: Buffer.from(value) }] });

  it('compare and swap with one another, and all hear of the same changes in the same order', async () => {
    const own: string[] = [];
    await storage.follow(1 as Revision, {
      onChanges: (batch) => {
        for (const { revision, key, value } of batch)
          own.push(`${revision} ${key}=${Buffer.from(value ?? []).toString()}`);
      },
      onError: () => undefined,
    });
    const written = await Promise.all(
      threads.map((thread, i) =>
        Promise.all([thread.ask<number[]>({ type: 'count', key: i === 2 ? '/other' : counter, times: 200 })]),
      ),
    );
    const [first, second, third] = written.map(([values]) => values ?? []) as [number[], number[], number[]];
    expect([...first, ...second].sort((a, b) => a - b)).toEqual(Array.from({ length: 400 }, (_, i) => i + 1));
    expect(third).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    await storage.currentRevision();
    expect(own).toHaveLength(600);
    for (const thread of threads) expect(await thread.ask({ type: 'changes' })).toEqual(own);
  });

  it('read what another one has had acknowledged', async () => {
    for (let i = 0; i < 200; i++) {
      await put(String(i));
      const thread = threads[i % threads.length] as Thread;
      expect(await thread.ask({ type: 'get', key: counter })).toBe(String(i));
      await thread.ask({ type: 'count', key: counter, times: 1 });
      expect(Buffer.from((await storage.get(counter))?.value ?? []).toString()).toBe(String(i + 1));
    }
  });

  it('have read the log before it is compacted', async () => {
    for (let i = 0; i < 100; i++) {
      const { revision } = (await put(String(i))) as { revision: Revision };
      await storage.compact(revision);
    }
    for (const thread of threads) {
      const changes = await thread.ask<string[]>({ type: 'changes' });
      expect(changes.map((line) => line.split('=')[1])).toEqual(Array.from({ length: 100 }, (_, i) => String(i)));
    }
  });

  it('leave, and the others go on', async () => {
    await threads[0]?.ask({ type: 'close' });
    await put('1');
    await storage.compact(await storage.currentRevision());
    expect(await threads[1]?.ask({ type: 'get', key: counter })).toBe('1');
    expect(await threads[2]?.ask<number[]>({ type: 'count', key: counter, times: 2 })).toEqual([2, 3]);
  });

  it('end when the one that opened the store closes it', async () => {
    await put('1');
    await storage.close();
    for (const thread of threads) {
      const last = async () => (await thread.ask<string[]>({ type: 'changes' })).at(-1);
      await expect.poll(last).toBe('the thread that opened the store has closed it');
    }
  });
});
