import type { Revision } from '../../storage.ts';

/**
 * etcd gives all changes of a transaction one revision; Canopy gives each its own, so that a client can resume after
 * any of them. Canopy's revision of a change is etcd's times {@link revisionStride}, minus the number of changes that
 * follow in the same transaction. So the last change of a transaction, and every snapshot of etcd, has a multiple of the
 * stride, and the order of revisions is that of the changes. 2^53 is reached after 2^43 transactions.
 */
export const revisionStride = 1024;

/** `following`: number of changes that come after this one in its transaction. */
export function toRevision(etcdRevision: number, following: number): Revision {
  return (etcdRevision * revisionStride - Math.min(following, revisionStride - 1)) as Revision;
}

/** The etcd revision whose snapshot has the change with this revision. Transactions are visible as a whole or not at all. */
export function snapshotOf(revision: number): number {
  return Math.ceil(revision / revisionStride);
}

/** The newest etcd revision of which everything is included in `revision`. */
export function wholeUpTo(revision: number): number {
  return Math.floor(revision / revisionStride);
}
