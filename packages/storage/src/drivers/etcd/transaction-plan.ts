import type { IndexEntry, Operation, Revision, StorageKey, Transaction } from '../../storage.ts';
import { StorageError } from '../../storage-error.ts';
import type { EtcdKeys } from './etcd-keys.ts';
import type { EtcdLayout } from './etcd-settings.ts';
import { revisionStride } from './revision-scale.ts';
import type { TxnCompare, TxnOperation } from './rpc/etcd-requests.ts';
import { absent, encodeObject, type ObjectState } from './stored-object.ts';

/** Operations of one etcd transaction that its default `--max-txn-ops` of 128 allows with room to spare. */
const flatOperations = 100;
const nestedOperations = 50;

/** What a transaction is to etcd, provided that its objects are as assumed. */
export interface TransactionPlan {
  /** Every object that the transaction touches is as assumed. */
  compares: TxnCompare[];
  /** Empty: nothing changes. */
  operations: TxnOperation[];
  /** What the touched objects are like afterwards, once etcd's revision is known. */
  statesAt(etcdRevision: number): Map<StorageKey, ObjectState>;
  /** One per operation of the transaction, as `TransactionResult` has them. */
  revisionsAt(etcdRevision: number): (Revision | 0)[];
}

/** Keys of compares and operations, each once. */
export function touchedKeys(transaction: Transaction): StorageKey[] {
  return [...new Set([...transaction.compares, ...transaction.operations].map(({ key }) => key))];
}

export function planTransaction(
  transaction: Transaction,
  assumed: ReadonlyMap<StorageKey, ObjectState>,
  { keys, scale }: EtcdLayout,
): TransactionPlan {
  const before = (key: StorageKey): ObjectState => assumed.get(key) ?? absent;
  const effective = transaction.operations.filter(({ type, key }) => type === 'put' || before(key).modified !== 0);
  if (effective.length > revisionStride) {
    throw new StorageError(
      'InvalidArgument',
      `${effective.length} changes in one transaction; with etcd ${revisionStride} are possible`,
    );
  }
  const followers = new Map(effective.map(({ key }, i) => [key, effective.length - 1 - i]));
  const steps = effective.map((operation) =>
    planOperation(operation, before(operation.key), followers.get(operation.key) ?? 0, keys),
  );
  return {
    compares: [...assumed].map(([key, { modified }]) => ({
      key: keys.object(key),
      target: 'mod' as const,
      revision: modified,
    })),
    // The objects come first, and in order: that is how those who follow number the changes.
    operations: nest([...steps.map(({ object }) => object), ...steps.flatMap(({ rows }) => rows)]),
    statesAt: (etcdRevision) =>
      new Map(effective.map(({ key }, i) => [key, (steps[i] as PlannedOperation).stateAt(etcdRevision)])),
    revisionsAt: (etcdRevision) =>
      transaction.operations.map(({ key }) => {
        const following = followers.get(key);
        return following === undefined ? 0 : scale.toRevision(etcdRevision, following);
      }),
  };
}

interface PlannedOperation {
  object: TxnOperation;
  rows: TxnOperation[];
  stateAt(etcdRevision: number): ObjectState;
}

function planOperation(operation: Operation, before: ObjectState, following: number, keys: EtcdKeys): PlannedOperation {
  const { key } = operation;
  const object = keys.object(key);
  const removed = (rows: readonly IndexEntry[]): TxnOperation[] => rows.map((row) => ({ delete: keys.row(row, key) }));
  if (operation.type === 'delete')
    return { object: { delete: object }, rows: removed(before.rows), stateAt: () => absent };
  const rows = distinct(operation.indexes ?? []);
  const lease = operation.lease ?? 0;
  const created = before.modified !== 0;
  const createdFollowing = created ? before.createdFollowing : following;
  const stays = (row: IndexEntry): boolean => before.lease === lease && includes(before.rows, row);
  return {
    object: {
      put: { key: object, value: encodeObject(operation.value, { following, createdFollowing, rows }), lease },
    },
    rows: [
      ...removed(before.rows.filter((row) => !includes(rows, row))),
      ...rows
        .filter((row) => !stays(row))
        .map((row) => ({ put: { key: keys.row(row, key), value: new Uint8Array(), lease } })),
    ],
    stateAt: (etcdRevision) => ({
      modified: etcdRevision,
      following,
      created: created ? before.created : etcdRevision,
      createdFollowing,
      rows,
      lease,
    }),
  };
}

function includes(rows: readonly IndexEntry[], { index, value }: IndexEntry): boolean {
  return rows.some((row) => row.index === index && row.value === value);
}

function distinct(rows: readonly IndexEntry[]): IndexEntry[] {
  return rows.filter((row, i) => !includes(rows.slice(0, i), row)).map(({ index, value }) => ({ index, value }));
}

/** etcd limits the operations of a transaction, but counts those within another apart. */
export function nest(operations: TxnOperation[]): TxnOperation[] {
  if (operations.length <= flatOperations) return operations;
  const parts: TxnOperation[] = [];
  for (let i = 0; i < operations.length; i += nestedOperations)
    parts.push({ all: operations.slice(i, i + nestedOperations) });
  return parts;
}
