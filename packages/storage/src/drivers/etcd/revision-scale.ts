import type { Revision } from '../../storage.ts';

/**
 * etcd gives all changes of a transaction one revision; Canopy gives each its own, so that a client can resume after
 * any of them. Canopy's revision of a change is etcd's times {@link revisionStride}, minus the number of changes that
 * follow in the same transaction. So the last change of a transaction, and every snapshot of etcd, has a multiple of the
 * stride, and the order of revisions is that of the changes. 2^53 is reached after 2^43 transactions.
 */
export const revisionStride = 1024;

/**
 * Between etcd's revisions and Canopy's. A store that was moved to etcd counts on above what its clients have seen: then
 * etcd's revisions count as if `ahead` transactions had come before its first.
 */
export class RevisionScale {
  readonly #ahead: number;

  constructor(ahead: number) {
    this.#ahead = ahead;
  }

  /** `following`: number of changes that come after this one in its transaction. */
  toRevision(etcdRevision: number, following: number): Revision {
    return ((etcdRevision + this.#ahead) * revisionStride - Math.min(following, revisionStride - 1)) as Revision;
  }

  /** The etcd revision whose snapshot has the change with this revision. Transactions are visible as a whole or not at all. */
  snapshotOf(revision: Revision): number {
    return Math.ceil(revision / revisionStride) - this.#ahead;
  }

  /** The newest etcd revision of which everything is included in `revision`; below 1 for what was before the first. */
  wholeUpTo(revision: number): number {
    return Math.floor(revision / revisionStride) - this.#ahead;
  }

  /** Up to where history is gone, when etcd has compacted up to its revision; 0: nothing is. */
  compactedUpTo(etcdRevision: number): Revision | 0 {
    if (etcdRevision === 0 && this.#ahead === 0) return 0;
    return this.toRevision(Math.max(1, etcdRevision), 0);
  }
}

/** How much `ahead` must be for all revisions to exceed `revision`. */
export function aheadOf(revision: number): number {
  return Math.ceil(revision / revisionStride);
}
