import type { Revision } from '@canopy/storage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkpointOf, type LeftWork, listedKeys } from './checkpoint.ts';

const at = (revision: number): Revision => revision as Revision;
const work = (name: string, revisions: readonly number[]): LeftWork => ({
  name,
  pending: new Map(revisions.map((revision, i) => [`${name}-${i}`, { revision }])),
});

describe('checkpointOf', () => {
  it('stands at the position and lists what is left while that is little', () => {
    expect(checkpointOf(at(40), [work('gc', [12, 30]), work('quota', [])])).toEqual({
      revision: 40,
      known: ['gc', 'quota'],
      pending: { gc: ['gc-0', 'gc-1'] },
    });
  });

  it('stands before the change that caused the oldest work when that is too much to list', () => {
    const many = Array.from({ length: listedKeys + 1 }, (_, i) => 100 + i);
    expect(checkpointOf(at(5000), [work('gc', many), work('quota', [])])).toEqual({
      revision: 99,
      known: ['gc', 'quota'],
      pending: {},
    });
  });

  it('lets a controller scan again whose work no change tells of', () => {
    const many = Array.from({ length: listedKeys }, () => 0);
    expect(checkpointOf(at(5000), [work('gc', many), work('quota', [70])])).toEqual({
      revision: 69,
      known: ['quota'],
      pending: {},
    });
  });

  it('never forgets a key: it is listed, or comes again from the log or by a scan', () => {
    const lists = fc.array(fc.integer({ min: 0, max: 2000 }), { maxLength: 1500 });
    fc.assert(
      fc.property(lists, lists, (a, b) => {
        const left = [work('a', a), work('b', b)];
        const checkpoint = checkpointOf(at(2000), left);
        for (const { name, pending } of left) {
          for (const [key, { revision }] of pending) {
            const isListed = checkpoint.pending[name]?.includes(key) === true;
            const isReplayed = revision > checkpoint.revision;
            if (!isListed && !isReplayed && checkpoint.known.includes(name)) return false;
          }
        }
        return true;
      }),
      { numRuns: 50 },
    );
  });
});
