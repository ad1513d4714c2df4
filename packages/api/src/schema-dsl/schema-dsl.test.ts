import { describe, expect, expectTypeOf, it } from 'vitest';
import {
  atomicList,
  described,
  listMap,
  mapOf,
  mergedListMap,
  message,
  object,
  wire,
  wireOptional,
} from './composites.ts';
import { boolean, int32, oneOfStrings, quantity, string, time } from './scalars.ts';
import type { Infer, ObjectType } from './typed-schema.ts';
import { wireFactsOf } from './wire-facts.ts';

const item = message(
  'example.Item',
  'An item.',
  { name: wire(1, string('Its name.')), size: wireOptional(2, int32('Its size.')) },
  { required: ['name'] },
);

describe('schema builders', () => {
  it('make plain schemas', () => {
    const schema = object('Things.', { items: listMap(['name'], 'The items.', item), open: boolean('Open?') });
    expect(JSON.parse(JSON.stringify(schema))).toEqual({
      type: 'object',
      description: 'Things.',
      properties: {
        items: {
          type: 'array',
          description: 'The items.',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            description: 'An item.',
            required: ['name'],
            properties: {
              name: { type: 'string', description: 'Its name.', wire: 1 },
              size: { type: 'integer', format: 'int32', description: 'Its size.', wire: 2 },
            },
          },
        },
        open: { type: 'boolean', description: 'Open?' },
      },
    });
  });

  it('merge lists by the same key in strategic merge patch and in apply', () => {
    expect(mergedListMap('name', 'The items.', item)).toMatchObject({
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'name',
    });
  });

  it('infer the type of the values', () => {
    const schema = object(
      'All of it.',
      {
        items: atomicList('The items.', item),
        labels: mapOf('Labels.', string('A value.')),
        phase: oneOfStrings('Phase.', ['On', 'Off']),
        amount: quantity('An amount.'),
      },
      { required: ['phase'] },
    );
    expectTypeOf<Infer<typeof schema>>().toEqualTypeOf<{
      phase: 'On' | 'Off';
      items?: { name: string; size?: number }[];
      labels?: Record<string, string>;
      amount?: string | number;
    }>();
    const kind = object('A kind.', { spec: item });
    expectTypeOf<ObjectType<'v1', 'Thing', typeof kind>['kind']>().toEqualTypeOf<'Thing'>();
    expect(schema.required).toEqual(['phase']);
  });
});

describe('wire facts', () => {
  it('follow a schema through its copies', () => {
    const copy = described('Another item.', wireOptional(3, item));
    expect(wireFactsOf(copy)).toEqual({ message: 'example.Item', presence: true });
    expect(wireFactsOf(wire(4, time('When.')))).toEqual({ message: 'io.k8s.apimachinery.pkg.apis.meta.v1.Time' });
  });

  it('of a field do not leak into the schema it was made from', () => {
    wireOptional(5, item);
    expect(wireFactsOf(item)).toEqual({ message: 'example.Item' });
    expect(item.wire).toBeUndefined();
  });
});
