import { parentPort, workerData } from 'node:worker_threads';
import type { SqliteShare } from '../drivers/sqlite/sqlite-options.ts';
import { SqliteStorage } from '../drivers/sqlite/sqlite-storage.ts';
import type { StorageKey } from '../storage.ts';

/** What the main thread asks for; each is answered by a message. */
export type ThreadTask =
  /** Adds one to a counter so many times, by compare-and-swap. Answers with the values it wrote. */
  | { type: 'count'; key: string; times: number }
  | { type: 'get'; key: string }
  /** Answers with all changes that it was told of. */
  | { type: 'changes' }
  | { type: 'close' };

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const port = parentPort as NonNullable<typeof parentPort>;
const storage = await SqliteStorage.join(workerData as SqliteShare);
const changes: string[] = [];
await storage.follow(await storage.currentRevision(), {
  onChanges: (batch) => {
    for (const { revision, key, value } of batch) changes.push(`${revision} ${key}=${decoder.decode(value)}`);
  },
  onError: (error) => changes.push(error.message),
});

async function count(key: string, times: number): Promise<number[]> {
  const written: number[] = [];
  while (written.length < times) {
    const found = await storage.get(key as StorageKey);
    const next = found === undefined ? 1 : Number(decoder.decode(found.value)) + 1;
    const result = await storage.transact({
      compares: [{ key: key as StorageKey, modRevision: found?.modRevision ?? 0 }],
      operations: [{ type: 'put', key: key as StorageKey, value: encoder.encode(String(next)) }],
    });
    if (result.succeeded) written.push(next);
  }
  return written;
}

async function perform(task: ThreadTask): Promise<unknown> {
  switch (task.type) {
    case 'count':
      return count(task.key, task.times);
    case 'get':
      return decoder.decode((await storage.get(task.key as StorageKey))?.value);
    case 'changes':
      await storage.currentRevision();
      return changes;
    case 'close':
      return storage.close();
  }
}

port.on('message', async (task: ThreadTask) => {
  port.postMessage(await perform(task));
  if (task.type === 'close') port.close();
});
port.postMessage('ready');
