import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Linked, LinkedList } from './linked-list.ts';

class Item implements Linked<Item> {
  before: Item | undefined;
  after: Item | undefined;
}

function all(list: LinkedList<Item>): Item[] {
  const items: Item[] = [];
  for (let item = list.first; item !== undefined; item = item.after) items.push(item);
  return items;
}

describe('a linked list', () => {
  it('is a set in the order of arrival', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(7)), (steps) => {
        const items = Array.from({ length: 8 }, () => new Item());
        const list = new LinkedList<Item>();
        const model = new Set<Item>();
        for (const step of steps) {
          const item = items[step] as Item;
          expect(list.has(item)).toBe(model.has(item));
          if (model.has(item)) {
            expect(list.delete(item)).toBe(true);
            model.delete(item);
          } else {
            expect(list.delete(item)).toBe(false);
            list.add(item);
            model.add(item);
          }
          expect(all(list)).toEqual([...model]);
          expect(list.size).toBe(model.size);
        }
      }),
    );
  });

  it('leaves nothing in what was taken out', () => {
    const list = new LinkedList<Item>();
    const [first, second, third] = [new Item(), new Item(), new Item()];
    for (const item of [first, second, third]) list.add(item);
    list.delete(second);
    expect([second.before, second.after]).toEqual([undefined, undefined]);
    expect([first.after, third.before]).toEqual([third, first]);
  });
});
