import { createHash } from 'node:crypto';
import type { Schema } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { wireFactsOf } from '../schema-dsl/wire-facts.ts';
import { wireMessages } from './messages.ts';
import { specialMessages } from './special-messages.ts';

const messages = [...wireMessages()].map(([name, schema]) => ({
  name,
  fields: Object.entries(schema.properties ?? {}),
}));

/** Message names that the type of a field mentions. */
function mentioned(schema: Schema): string[] {
  const { items, additionalProperties } = schema;
  const name = wireFactsOf(schema)?.message;
  const names = name === undefined ? [] : [name];
  if (items !== undefined) names.push(...mentioned(items));
  if (typeof additionalProperties === 'object') names.push(...mentioned(additionalProperties));
  return names;
}

describe('wire schema', () => {
  it.each(messages)('numbers every field of $name, and each differently', ({ fields }) => {
    const numbers = fields.map(([, field]) => field.wire);
    expect(numbers.filter((number) => !Number.isInteger(number))).toEqual([]);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it.each(messages)('knows the messages that $name is made of', ({ fields }) => {
    const names = fields.flatMap(([, field]) => mentioned(field));
    expect(names.filter((name) => !wireMessages().has(name) && !specialMessages.has(name))).toEqual([]);
  });

  it('stays as it is, because stored and sent messages depend on it', () => {
    const lines = messages.flatMap(({ name, fields }) =>
      fields.map(([field, schema]) =>
        [
          name,
          field,
          schema.wire,
          schema.type,
          schema.format,
          wireFactsOf(schema)?.presence,
          ...mentioned(schema),
        ].join(' '),
      ),
    );
    const special = [...specialMessages].map(([name, form]) => `${name} ${JSON.stringify(form)}`);
    const hash = createHash('sha256')
      .update([...lines.sort(), ...special.sort()].join('\n'))
      .digest('hex');
    expect(hash).toMatchInlineSnapshot(`"e6d32ecdbd052667b8b39e8a40acb12dc316e73a4aaf188d5e7fdcd69a805c65"`);
  });
});
