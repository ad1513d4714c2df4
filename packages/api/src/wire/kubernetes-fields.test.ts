import { readFileSync } from 'node:fs';
import type { Schema } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { wireFactsOf } from '../schema-dsl/wire-facts.ts';
import { wireMessages } from './messages.ts';

type MessageFacts = Record<string, string>;

/**
 * What Kubernetes 1.37 publishes about the fields of its messages: number, type, and what bears on merging. Under the
 * empty key stands the merge type of the message itself. The gated ListMeta.shardInfo is left out.
 */
const published: Record<string, MessageFacts> = JSON.parse(
  readFileSync(new URL('./testdata/kubernetes-fields.json', import.meta.url), 'utf8'),
);

function typeOf(schema: Schema): string {
  const message = wireFactsOf(schema)?.message;
  if (message !== undefined) return message;
  if (schema.items !== undefined) return `[${typeOf(schema.items)}]`;
  if (typeof schema.additionalProperties === 'object') return `{${typeOf(schema.additionalProperties)}}`;
  return schema.format === undefined ? `${schema.type}` : `${schema.type}:${schema.format}`;
}

function factsOf(field: Schema, required: boolean): string {
  const words = [`${field.wire}`, typeOf(field)];
  if (required) words.push('required');
  if (wireFactsOf(field)?.presence === true) words.push('presence');
  const keys = field['x-kubernetes-list-map-keys'];
  const listType = field['x-kubernetes-list-type'];
  if (listType !== undefined)
    words.push(keys === undefined ? `list=${listType}` : `list=${listType}(${keys.join(',')})`);
  const key = field['x-kubernetes-patch-merge-key'];
  const strategy = field['x-kubernetes-patch-strategy'];
  if (strategy !== undefined) words.push(key === undefined ? `patch=${strategy}` : `patch=${strategy}(${key})`);
  if (field.default !== undefined) words.push(`default=${JSON.stringify(field.default)}`);
  return words.join(' ');
}

function messageFacts(message: Schema): MessageFacts {
  const facts: MessageFacts = {};
  if (message['x-kubernetes-map-type'] !== undefined) facts[''] = message['x-kubernetes-map-type'];
  for (const [name, field] of Object.entries(message.properties ?? {})) {
    facts[name] = factsOf(field, message.required?.includes(name) === true);
  }
  return facts;
}

describe('wireMessages', () => {
  it('has the messages that Kubernetes publishes, and no others', () => {
    expect([...wireMessages().keys()].sort()).toEqual(Object.keys(published).sort());
  });

  it.each(Object.keys(published))('describes the fields of %s as Kubernetes publishes them', (name) => {
    expect(messageFacts(wireMessages().get(name)!)).toEqual(published[name]);
  });
});
