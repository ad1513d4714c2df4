import { describe, expect, it } from 'vitest';
import { lockedByBinding, locksAnnotation, readLocks, takeLocks, writeLocks } from './resource-locks.ts';

const cluster = () => ({ apiVersion: 'core.kcp.io/v1alpha1', kind: 'LogicalCluster', metadata: { name: 'cluster' } });

describe('the lock table', () => {
  it('is kept in an annotation', () => {
    const object = cluster();
    expect(readLocks(object)).toEqual({});
    writeLocks(object, { 'widgets.g': { n: 'b' } });
    expect(readLocks(object)).toEqual({ 'widgets.g': { n: 'b' } });
    expect(lockedByBinding(readLocks(object)['widgets.g'])).toBe('b');
  });

  it('is empty when the annotation is broken', () => {
    expect(readLocks({ ...cluster(), metadata: { annotations: { [locksAnnotation]: '{' } } })).toEqual({});
  });

  it('gives free resources to a binding and leaves those of others alone', () => {
    expect(takeLocks({ 'a.g': { n: 'other' } }, 'mine', ['a.g', 'b.g'])).toEqual({
      'a.g': { n: 'other' },
      'b.g': { n: 'mine' },
    });
  });

  it('releases what a binding does not serve any more', () => {
    expect(takeLocks({ 'a.g': { n: 'mine' }, 'b.g': { n: 'mine' } }, 'mine', ['b.g'])).toEqual({
      'b.g': { n: 'mine' },
    });
  });

  it('says when nothing changes', () => {
    expect(takeLocks({ 'a.g': { n: 'mine' } }, 'mine', ['a.g'])).toBeUndefined();
  });
});
