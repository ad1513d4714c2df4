import type { KubeObject } from '@canopy/apimachinery';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideDependent, type OwnerState, withoutOwners } from './dependent-decision.ts';

function owned(uids: readonly string[], finalizers: string[] = []): KubeObject {
  const ownerReferences = uids.map((uid) => ({ apiVersion: 'v1', kind: 'ConfigMap', name: uid, uid }));
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'child', ownerReferences, finalizers } };
}

describe('decideDependent', () => {
  it('never deletes an object while any of its owners exists or cannot be judged', () => {
    const state = fc.constantFrom<OwnerState>('solid', 'waiting', 'absent', 'unknown');
    fc.assert(
      fc.property(fc.array(state, { minLength: 1, maxLength: 5 }), (list) => {
        const uids = list.map((_, i) => `uid-${i}`);
        const decision = decideDependent(owned(uids), new Map(uids.map((uid, i) => [uid, list[i] as OwnerState])));
        const isKept = list.includes('solid') || list.includes('unknown');
        return isKept ? decision.kind !== 'delete' : decision.kind === 'delete';
      }),
    );
  });

  it('drops only the references to owners that are leaving', () => {
    const states = new Map<string, OwnerState>([
      ['a', 'absent'],
      ['b', 'solid'],
      ['c', 'waiting'],
      ['d', 'unknown'],
    ]);
    expect(decideDependent(owned(['a', 'b', 'c', 'd']), states)).toEqual({ kind: 'release', uids: ['a', 'c'] });
  });

  it.each([
    [[], 'absent', 'Background'],
    [[], 'waiting', 'Foreground'],
    [['foregroundDeletion'], 'absent', 'Foreground'],
    [['orphan'], 'absent', 'Orphan'],
  ] as const)('with the finalizers %j and an owner that is %s deletes in the %s', (finalizers, state, propagation) => {
    expect(decideDependent(owned(['a'], [...finalizers]), new Map([['a', state]]))).toEqual({
      kind: 'delete',
      propagation,
    });
  });

  it('removes the list of owners with the last of them', () => {
    expect(withoutOwners(owned(['a']).metadata.ownerReferences, ['a'])).toBeUndefined();
    expect(withoutOwners(owned(['a', 'b']).metadata.ownerReferences, ['a'])?.map(({ uid }) => uid)).toEqual(['b']);
  });
});
