import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { revisionStride, snapshotOf, toRevision, wholeUpTo } from './revision-scale.ts';

const etcdRevision = fc.integer({ min: 1, max: 2 ** 43 - 1 });
const following = fc.integer({ min: 0, max: revisionStride - 1 });

describe('revisions on etcd', () => {
  it('order changes by transaction, and within it by the changes that follow', () => {
    fc.assert(
      fc.property(etcdRevision, following, etcdRevision, following, (a, afterA, b, afterB) => {
        const order = a === b ? afterB - afterA : a - b;
        expect(Math.sign(toRevision(a, afterA) - toRevision(b, afterB))).toBe(Math.sign(order));
        expect(Number.isSafeInteger(toRevision(a, afterA))).toBe(true);
      }),
    );
  });

  it('tell the snapshot that has a change, and the last that misses nothing before it', () => {
    fc.assert(
      fc.property(etcdRevision, following, (revision, after) => {
        expect(snapshotOf(toRevision(revision, after))).toBe(revision);
        expect(wholeUpTo(toRevision(revision, after))).toBe(after === 0 ? revision : revision - 1);
      }),
    );
  });
});
