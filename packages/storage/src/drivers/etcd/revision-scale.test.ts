import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aheadOf, RevisionScale, revisionStride } from './revision-scale.ts';

const etcdRevision = fc.integer({ min: 1, max: 2 ** 42 - 1 });
const following = fc.integer({ min: 0, max: revisionStride - 1 });
const change = fc.record({ in: etcdRevision, following });
const scale = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 42 })).map((ahead) => new RevisionScale(ahead));

describe('revisions on etcd', () => {
  it('order changes by transaction, and within it by the changes that follow', () => {
    fc.assert(
      fc.property(scale, change, change, (scale, a, b) => {
        const order = a.in === b.in ? b.following - a.following : a.in - b.in;
        const revision = scale.toRevision(a.in, a.following);
        expect(Math.sign(revision - scale.toRevision(b.in, b.following))).toBe(Math.sign(order));
        expect(Number.isSafeInteger(revision)).toBe(true);
      }),
    );
  });

  it('tell the snapshot that has a change, and the last that misses nothing before it', () => {
    fc.assert(
      fc.property(scale, etcdRevision, following, (scale, revision, after) => {
        expect(scale.snapshotOf(scale.toRevision(revision, after))).toBe(revision);
        expect(scale.wholeUpTo(scale.toRevision(revision, after))).toBe(after === 0 ? revision : revision - 1);
      }),
    );
  });

  it('exceed those of the store that they go on after, which are as if compacted', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 52 }), following, (before, after) => {
        const scale = new RevisionScale(aheadOf(before));
        expect(scale.toRevision(1, after)).toBeGreaterThan(before);
        expect(scale.compactedUpTo(0)).toBeGreaterThan(before);
      }),
    );
    expect(new RevisionScale(0).compactedUpTo(0)).toBe(0);
  });
});
