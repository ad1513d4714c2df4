import { expect, it } from 'vitest';
import type { Revision, StorageKey, Transaction } from '../../storage.ts';
import { isStorageError } from '../../storage-error.ts';
import type { BatchMessage } from './batch-wire.ts';
import { WriteQueue } from './write-queue.ts';
import type { WriterEvents } from './writer-line.ts';

function transaction(operations: number, background = false): Transaction {
  const keys = Array.from({ length: operations }, (_, i) => `/w/${i}` as StorageKey);
  return { compares: [], operations: keys.map((key) => ({ type: 'delete', key })), background };
}

/** A queue before a writer that answers when it is told to. */
function heldQueue() {
  const posted: BatchMessage[] = [];
  let events: WriterEvents | undefined;
  const queue = new WriteQueue({
    line: (own) => {
      events = own;
      return {
        post: (message) => {
          if (message.type === 'batch') posted.push(message);
          else own.message({ type: 'closed' });
        },
        ref: () => undefined,
        unref: () => undefined,
        cut: async () => undefined,
      };
    },
    maxQueued: 100,
    maxQueuedBytes: 1000,
    onAnswer: (batch) => {
      for (const pending of batch.pending)
        if (pending.transaction !== undefined)
          pending.resolve({ succeeded: true, revisions: [], revision: 1 as Revision });
    },
    onAdvance: () => undefined,
    onFailure: () => undefined,
  });
  const asked: string[] = [];
  return {
    queue,
    /** Names of the transactions in the order of their answers. */
    answered: asked,
    transact(name: string, of: Transaction): Promise<void> {
      return queue.transact(of, 0).then(
        () => void asked.push(name),
        (error: Error) => void asked.push(`${name}: ${isStorageError(error) ? error.code : error}`),
      );
    },
    /** The batch under way is committed, and the next one is on its way. Resolves to the number of transactions in that. */
    async commit(): Promise<number | undefined> {
      const before = posted.length;
      events?.message({ type: 'answer', items: [], values: [], before: 1, newest: 1 });
      await new Promise((resolve) => setImmediate(resolve));
      return posted.length === before ? undefined : posted.at(-1)?.count;
    },
    fail: (message: string) => events?.ended(message),
    turn: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

it('a write goes ahead of all that waits in the background, and of that shares its batch with a little', async () => {
  const { transact, commit, turn, answered } = heldQueue();
  void transact('first', transaction(1));
  await turn();
  for (let i = 0; i < 5; i++) void transact(`small-${i}`, transaction(45, true));
  for (let i = 0; i < 2; i++) void transact(`large-${i}`, transaction(500, true));
  void transact('write', transaction(1));
  expect(await commit()).toBe(3);
  expect(await commit()).toBe(2);
  expect(answered).toEqual(['first', 'write', 'small-0', 'small-1']);
  void transact('another', transaction(1));
  expect(await commit()).toBe(2);
  expect(await commit()).toBe(1);
  expect(answered.slice(4)).toEqual(['small-2', 'small-3', 'another', 'small-4']);
  expect(await commit()).toBe(1);
  expect(await commit()).toBeUndefined();
  expect(answered.slice(8)).toEqual(['large-0', 'large-1']);
});

it('what waits in the background has its turn however many others write', async () => {
  const { transact, commit, turn, answered } = heldQueue();
  void transact('write', transaction(1));
  await turn();
  for (let i = 0; i < 3; i++) void transact(`large-${i}`, transaction(500, true));
  for (let i = 0; i < 3; i++) {
    void transact('write', transaction(1));
    expect(await commit()).toBe(2);
  }
  await commit();
  expect(answered).toEqual(['write', 'write', 'large-0', 'write', 'large-1', 'write', 'large-2']);
});

it('what waits in the background is bounded, written before the store closes, and told when nothing can be written', async () => {
  const closing = heldQueue();
  void closing.transact('write', transaction(1));
  await closing.turn();
  for (let i = 0; i < 101; i++) void closing.transact(`${i}`, transaction(200, true));
  await closing.turn();
  expect(closing.answered).toEqual(['100: Overloaded']);
  const closed = closing.queue.close();
  for (let i = 0; i < 101; i++) await closing.commit();
  await closed;
  expect(closing.answered.at(-1)).toBe('99');

  const failing = heldQueue();
  void failing.transact('under way', transaction(1));
  await failing.turn();
  void failing.transact('waiting', transaction(1, true));
  failing.fail('gone');
  await failing.turn();
  expect(failing.answered).toEqual(['under way: StorageFailed', 'waiting: StorageFailed']);
});
