import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Place, WaitingLine } from './waiting-line.ts';

const tags = fc.array(fc.nat(20), { maxLength: 60 });

function inOrder(places: readonly Place[]): Place[] {
  return [...places].sort((a, b) => a.tag - b.tag || a.order - b.order);
}

function drain(line: WaitingLine<Place>): Place[] {
  const taken: Place[] = [];
  for (let next = line.take(); next !== undefined; next = line.take()) taken.push(next);
  return taken;
}

describe('a waiting line', () => {
  it('keeps those who come first, and gives them in order', () => {
    fc.assert(
      fc.property(tags, fc.integer({ min: 1, max: 40 }), (given, capacity) => {
        const line = new WaitingLine<Place>(capacity);
        const places = given.map((tag, order) => ({ tag, order }));
        const refused = places.map((place) => line.add(place)).filter((place) => place !== undefined);
        expect(line.size).toBe(Math.min(capacity, places.length));
        expect(line.next()).toEqual(inOrder(places)[0]);
        expect(inOrder(refused)).toEqual(inOrder(places).slice(capacity));
        expect(drain(line)).toEqual(inOrder(places).slice(0, capacity));
      }),
    );
  });

  it('stays in order when some are taken out of its middle', () => {
    fc.assert(
      fc.property(tags, fc.integer({ min: 1, max: 5 }), (given, divisor) => {
        const line = new WaitingLine<Place>(1000);
        const places = given.map((tag, order) => ({ tag, order }));
        for (const place of places) line.add(place);
        const gone = (place: Place): boolean => place.order % divisor === 0;
        expect(inOrder(line.remove(gone))).toEqual(inOrder(places.filter(gone)));
        expect(drain(line)).toEqual(inOrder(places.filter((place) => !gone(place))));
      }),
    );
  });

  it('is in order again when some of it has been put back', () => {
    fc.assert(
      fc.property(tags, fc.nat(30), fc.integer({ min: 1, max: 5 }), (given, by, divisor) => {
        const line = new WaitingLine<Place>(1000);
        const places = given.map((tag, order) => ({ tag, order }));
        for (const place of places) line.add(place);
        line.delay(({ order }) => (order % divisor === 0 ? by : 0));
        expect(places.map(({ tag, order }) => tag - (given[order] ?? 0))).toEqual(
          places.map(({ order }) => (order % divisor === 0 ? by : 0)),
        );
        expect(drain(line)).toEqual(inOrder(places));
      }),
    );
  });
});
