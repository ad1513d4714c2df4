import type { Storage, Transaction, TransactionResult } from '@canopy/storage';

/** Operations of a transaction that everybody else's writes wait for without noticing. */
const small = 100;
const lastLarge = new WeakMap<Storage, Promise<unknown>>();

/**
 * Like `transact`, but large transactions go one at a time: a write of somebody else is behind one of them at most, however
 * many controllers clear away much at the same moment.
 */
export function transactInTurn(storage: Storage, transaction: Transaction): Promise<TransactionResult> {
  if (transaction.operations.length <= small) return storage.transact(transaction);
  const before = lastLarge.get(storage) ?? Promise.resolve();
  const own = before.then(() => storage.transact(transaction));
  lastLarge.set(
    storage,
    own.catch(() => undefined),
  );
  return own;
}
