import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Numbered, StreamTable } from './stream-table.ts';

interface Stream extends Numbered<Stream> {
  nextInBucket: Stream | undefined;
}

describe('a table of streams', () => {
  it('finds what is in it, and nothing else, however many come and go', () => {
    const ids = fc.array(fc.integer({ min: 0, max: 60 }).map((i) => 2 * i + 1));
    fc.assert(
      fc.property(ids, (steps) => {
        const table = new StreamTable<Stream>();
        const model = new Map<number, Stream>();
        for (const id of steps) {
          const known = model.get(id);
          expect(table.get(id)).toBe(known);
          if (known === undefined) {
            const stream: Stream = { id, nextInBucket: undefined };
            table.add(stream);
            model.set(id, stream);
          } else {
            table.delete(known);
            table.delete(known);
            model.delete(id);
            expect(known.nextInBucket).toBeUndefined();
          }
          expect(table.size).toBe(model.size);
          expect(new Set(table.all())).toEqual(new Set(model.values()));
        }
      }),
    );
  });
});
