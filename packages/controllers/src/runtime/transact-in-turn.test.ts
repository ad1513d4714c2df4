import { MemoryStorage, type Storage, type StorageKey, type Transaction } from '@canopy/storage';
import { expect, it } from 'vitest';
import { transactInTurn } from './transact-in-turn.ts';

function deletions(count: number): Transaction {
  return {
    compares: [],
    operations: Array.from({ length: count }, (_, i) => ({ type: 'delete', key: `/w/${i}` as StorageKey })),
  };
}

/** A store that answers when it is told to, and what it was asked. */
function heldStorage(): { storage: Storage; asked: number[]; answer(error?: Error): Promise<void> } {
  const storage = new MemoryStorage();
  const asked: number[] = [];
  const waiting: ((error?: Error) => void)[] = [];
  const transact = storage.transact.bind(storage);
  storage.transact = (transaction) => {
    asked.push(transaction.operations.length);
    return new Promise((resolve, reject) =>
      waiting.push((error) => (error === undefined ? resolve(transact(transaction)) : reject(error))),
    );
  };
  return {
    storage,
    asked,
    async answer(error) {
      waiting.shift()?.(error);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

it('large transactions go one after the other, small ones at once', async () => {
  const { storage, asked, answer } = heldStorage();
  const all = [500, 400, 3, 300].map((count) => transactInTurn(storage, deletions(count)));
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toEqual([3, 500]);
  await answer();
  await answer();
  expect(asked).toEqual([3, 500, 400]);
  await answer();
  await answer();
  expect((await Promise.all(all)).map(({ succeeded }) => succeeded)).toEqual([true, true, true, true]);
});

it('one that fails does not keep the next from its turn', async () => {
  const { storage, asked, answer } = heldStorage();
  const first = transactInTurn(storage, deletions(500)).catch((error: Error) => error.message);
  const second = transactInTurn(storage, deletions(400));
  await answer();
  await answer(new Error('no room'));
  expect(asked).toEqual([500, 400]);
  await answer();
  expect(await first).toBe('no room');
  expect((await second).succeeded).toBe(true);
});
