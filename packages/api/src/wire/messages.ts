import type { Schema } from '@canopy/apimachinery';
import { tokenRequestSchema } from '../authentication/token-request.ts';
import { builtinDeclarations } from '../declarations.ts';
import { deleteOptionsSchema } from '../meta/delete-options.ts';
import { apiGroupListSchema, apiResourceListSchema, apiVersionsSchema } from '../meta/discovery.ts';
import { objectMetaMessageSchema } from '../meta/object-meta.ts';
import { partialObjectMetadataListSchema } from '../meta/partial-object-metadata.ts';
import { statusSchema } from '../meta/status.ts';
import { watchEventSchema } from '../meta/watch-event.ts';
import { wireFactsOf } from '../schema-dsl/wire-facts.ts';

/** Schemas that are served without being resources. */
const otherRoots: readonly Schema[] = [
  objectMetaMessageSchema,
  statusSchema,
  deleteOptionsSchema,
  watchEventSchema,
  partialObjectMetadataListSchema,
  apiResourceListSchema,
  apiGroupListSchema,
  apiVersionsSchema,
  tokenRequestSchema,
];

let known: ReadonlyMap<string, Schema> | undefined;

/**
 * All messages that are made of fields, by name (`io.k8s.api.core.v1.Namespace`): the kinds, their parts, and what is
 * served besides. A field's message is found with `wireFactsOf(field).message`; those in `specialMessages` are not here.
 *
 * A kind's message leaves out `metadata`, which is field 1 everywhere (`io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta`).
 * `apiVersion` and `kind` are not in the message, but in the envelope around it. Fields are written in the order of
 * their numbers.
 */
export function wireMessages(): ReadonlyMap<string, Schema> {
  if (known !== undefined) return known;
  const messages = new Map<string, Schema>();
  for (const { versions } of builtinDeclarations) for (const { schema } of versions) collect(schema, messages);
  for (const schema of otherRoots) collect(schema, messages);
  known = messages;
  return messages;
}

function collect(schema: Schema, messages: Map<string, Schema>): void {
  const { properties, items, additionalProperties } = schema;
  const name = wireFactsOf(schema)?.message;
  if (properties !== undefined && name !== undefined && !messages.has(name)) messages.set(name, schema);
  for (const field of Object.values(properties ?? {})) collect(field, messages);
  if (items !== undefined) collect(items, messages);
  if (typeof additionalProperties === 'object') collect(additionalProperties, messages);
}
