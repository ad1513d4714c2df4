import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change, KeyValue, Revision, StorageKey } from '../../storage.ts';
import { CurrentObjects } from './current-objects.ts';

const revision = (at: number) => at as Revision;

function item(key: string, at: number, bytes: number): KeyValue {
  return {
    key: key as StorageKey,
    value: new Uint8Array(bytes),
    modRevision: revision(at),
    createRevision: revision(1),
  };
}

function changeTo({ key, value, modRevision, createRevision }: KeyValue, type: Change['type']): Change {
  return {
    type,
    key,
    value: type === 'put' ? value : undefined,
    revision: modRevision,
    createRevision,
    previous: undefined,
    previousRevision: 0,
  };
}

const step = fc.record({
  do: fc.constantFrom('put', 'delete', 'read', 'read', 'read'),
  key: fc.constantFrom('/a', '/b', '/c', '/d', '/e', '/f'),
  bytes: fc.integer({ min: 0, max: 400 }),
});

describe('objects kept by key', () => {
  it('are the newest ones or not known', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
        const current = new CurrentObjects(3000);
        const store = new Map<string, KeyValue>();
        steps.forEach(({ do: what, key, bytes }, at) => {
          if (what === 'read') {
            const known = current.get(key as StorageKey);
            const stored = store.get(key);
            if (known !== undefined) expect(known).toBe(stored);
            else if (stored !== undefined) current.add(stored);
            return;
          }
          const changed = item(key, at, bytes);
          const wasKnown = current.get(changed.key) !== undefined;
          current.apply([changeTo(changed, what as Change['type'])]);
          if (what === 'delete') store.delete(key);
          else store.set(key, current.get(changed.key) ?? changed);
          expect(current.get(changed.key)?.modRevision).toBe(what === 'put' && wasKnown ? at : undefined);
        });
      }),
    );
  });

  it('stay when they are used, and make room for others when they are not', () => {
    const current = new CurrentObjects(20_000);
    current.add(item('/used', 1, 100));
    current.add(item('/unused', 1, 100));
    for (let at = 0; at < 200; at++) {
      current.add(item(`/other-${at}`, at, 1000));
      current.get('/used' as StorageKey);
    }
    expect(current.get('/used' as StorageKey)?.modRevision).toBe(1);
    expect(current.get('/unused' as StorageKey)).toBeUndefined();
    expect(current.get('/other-0' as StorageKey)).toBeUndefined();
  });

  it('are not displaced by one that is written again and again', () => {
    const current = new CurrentObjects(20_000);
    current.add(item('/quiet', 1, 1000));
    current.add(item('/busy', 1, 1000));
    for (let at = 0; at < 1000; at++) current.apply([changeTo(item('/busy', at, 1000), 'put')]);
    expect(current.get('/quiet' as StorageKey)?.modRevision).toBe(1);
    expect(current.get('/busy' as StorageKey)?.modRevision).toBe(999);
  });
});
