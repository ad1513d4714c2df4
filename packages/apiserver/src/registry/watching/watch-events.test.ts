import { type KubeObject, parseFieldSelector, parseLabelSelector } from '@canopy/apimachinery';
import type { Change } from '@canopy/storage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeObject } from '../object-codec.ts';
import type { Matcher } from '../selection.ts';
import { eventsOf } from './watch-events.ts';

function object(color: string): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', labels: { color } } };
}

/** `before` and `now` are colours; undefined: there was, or is, no object. */
function change(revision: number, before: string | undefined, now: string | undefined, looks: () => void): Change {
  return {
    type: now === undefined ? 'delete' : 'put',
    key: '/r/core/configmaps/c/ns/a',
    revision,
    createRevision: 1,
    previousRevision: before === undefined ? 0 : revision - 1,
    value: now === undefined ? undefined : encodeObject(object(now)),
    get previous() {
      looks();
      return before === undefined ? undefined : encodeObject(object(before));
    },
  } as unknown as Change;
}

function byColor(color: string, sharingKey: string | undefined): Matcher {
  const labels = parseLabelSelector(`color=${color}`);
  return {
    all: false,
    sharingKey,
    name: undefined,
    namespace: undefined,
    matches: ({ metadata }) => labels.matches(metadata.labels ?? {}),
  };
}

const color = fc.option(fc.constantFrom('red', 'blue', 'green'), { nil: undefined });

describe('the events of changes', () => {
  it('are what enters, changes within and leaves a selection', () =>
    fc.assert(
      fc.property(
        fc
          .array(color, { minLength: 2, maxLength: 20 })
          .map((colors) => colors.filter((c, i) => i === 0 || c !== undefined || colors[i - 1] !== undefined)),
        (colors) => {
          const changes = colors.slice(1).map((now, i) => change(i + 2, colors[i], now, () => undefined));
          for (const wanted of ['red', 'blue']) {
            const events = eventsOf(changes, byColor(wanted, wanted));
            let inside = colors[0] === wanted;
            const expected: string[] = [];
            for (const [i, now] of colors.slice(1).entries()) {
              const next = now === wanted;
              if (next) expected.push(`${inside ? 'MODIFIED' : 'ADDED'} ${i + 2}`);
              else if (inside) expected.push(`DELETED ${i + 2}`);
              inside = next;
            }
            expect(events.map(({ type, stored }) => `${type} ${stored.kv.modRevision}`)).toEqual(expected);
          }
        },
      ),
    ));

  it('are found once for all who select the same, and decoded once for all', () => {
    let looks = 0;
    const changes = [change(2, 'red', 'blue', () => looks++)];
    const first = eventsOf(changes, byColor('green', 'green'));
    expect(eventsOf(changes, byColor('green', 'green'))).toBe(first);
    expect(eventsOf(changes, byColor('yellow', 'yellow'))).not.toBe(first);
    expect(looks).toBe(1);
    const own = eventsOf(changes, byColor('blue', undefined));
    expect(eventsOf(changes, byColor('blue', undefined))).not.toBe(own);
    expect(own.map(({ type }) => type)).toEqual(['ADDED']);
  });

  it('are not looked at for other names', () => {
    const fields = parseFieldSelector('metadata.name=b');
    let looks = 0;
    const matcher: Matcher = {
      all: false,
      sharingKey: 'b',
      name: fields.requiresExactMatch('metadata.name'),
      namespace: undefined,
      matches: () => expect.unreachable(),
    };
    expect(eventsOf([change(2, 'red', 'blue', () => looks++)], matcher)).toEqual([]);
    expect(looks).toBe(0);
  });
});
