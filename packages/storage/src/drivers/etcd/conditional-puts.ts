import type { IndexEntry, Operation, Revision, Transaction, TransactionResult } from '../../storage.ts';

/**
 * Applies a transaction without the puts whose `ifIndexed` does not hold. Looks at the index before, and not at the time of
 * the commit.
 */
export async function applyWhatHolds(
  transaction: Transaction,
  carries: (row: IndexEntry) => Promise<boolean>,
  apply: (transaction: Transaction) => Promise<TransactionResult>,
): Promise<TransactionResult> {
  const { operations } = transaction;
  const holds = await Promise.all(
    operations.map((operation) => !isConditional(operation) || carries(operation.ifIndexed)),
  );
  if (!holds.includes(false)) return apply(transaction);
  const result = await apply({ ...transaction, operations: operations.filter((_, i) => holds[i]) });
  if (!result.succeeded) return result;
  const revisions = result.revisions.values();
  return { ...result, revisions: holds.map((held) => (held ? (revisions.next().value as Revision | 0) : 0)) };
}

function isConditional(operation: Operation): operation is Operation & { ifIndexed: IndexEntry } {
  return operation.type === 'put' && operation.ifIndexed !== undefined;
}
