import type { Schema } from '@canopy/apimachinery';
import { metaDefinition } from './definition-names.ts';
import { sharedSchemaNames } from './meta-schemas.ts';

/** A schema as it stands in an OpenAPI document. */
export type OpenApiSchema = Record<string, unknown>;

export interface PublishTarget {
  dialect: 'v2' | 'v3';
  /** The schema is one of the server's own, not a custom resource's. */
  native: boolean;
  /** Name of the definition that a nested schema has for itself, if any. */
  nameOf(schema: Schema): string | undefined;
  /** Notes that a definition is needed, here for a schema that makes it, and returns the reference to it. */
  refer(definition: string, schema?: Schema): string;
}

const copiedKeywords = [
  'title',
  'description',
  'format',
  'default',
  'enum',
  'minLength',
  'maxLength',
  'pattern',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minProperties',
  'maxProperties',
  'example',
  'externalDocs',
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
  'x-kubernetes-validations',
  'x-kubernetes-patch-strategy',
  'x-kubernetes-patch-merge-key',
] as const satisfies readonly (keyof Schema)[];

const metadataDescription =
  "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

/** Schema of a whole object: its metadata becomes a reference to ObjectMeta. */
export function publishKind(schema: Schema, target: PublishTarget): OpenApiSchema {
  // A kind that says nothing about some of its fields must not list the others: kubectl would take them for all.
  if (target.dialect === 'v2' && schema['x-kubernetes-preserve-unknown-fields'] === true) {
    return { type: 'object', ...(schema.description === undefined ? {} : { description: schema.description }) };
  }
  const out = publishSchema(schema, target);
  const properties = (out.properties ?? {}) as Record<string, OpenApiSchema>;
  properties.metadata = objectMetaReference(target);
  out.properties = properties;
  return out;
}

/** A list kind's schema. */
export function publishList(item: string, target: PublishTarget): OpenApiSchema {
  return {
    description: `A list of ${item.slice(item.lastIndexOf('.') + 1)} objects.`,
    type: 'object',
    required: ['items'],
    properties: {
      apiVersion: { type: 'string', description: 'API group and version in which the list is written.' },
      items: { type: 'array', items: { $ref: target.refer(item) }, description: 'The objects.' },
      kind: { type: 'string', description: 'Kind of the list, in CamelCase.' },
      metadata: reference(target.refer(metaDefinition('ListMeta')), target.dialect, 'Version and paging of the list.'),
    },
  };
}

/** OpenAPI 3.0 ignores what stands beside a reference, Swagger 2.0 as Kubernetes reads it does not. */
function reference($ref: string, dialect: PublishTarget['dialect'], description?: string): OpenApiSchema {
  if (description === undefined) return { $ref };
  return dialect === 'v2' ? { description, $ref } : { description, allOf: [{ $ref }] };
}

function objectMetaReference(target: PublishTarget): OpenApiSchema {
  return reference(target.refer(metaDefinition('ObjectMeta')), target.dialect, metadataDescription);
}

/**
 * Rewrites a schema for a document. For Swagger 2.0 what its readers do not know is taken out the way Kubernetes does
 * it: logical junctors and `nullable` go; fields that may hold anything lose their type and properties.
 */
export function publishSchema(schema: Schema, target: PublishTarget): OpenApiSchema {
  const shared = sharedSchemaNames.get(schema);
  // Its description stands in the definition.
  if (shared !== undefined) return { $ref: target.refer(shared) };
  const name = target.nameOf(schema);
  if (name === undefined) return publishInline(schema, target);
  const out = reference(target.refer(name, schema), target.dialect, schema.description);
  if (schema.default !== undefined) out.default = schema.default;
  if (schema.nullable === true && target.dialect === 'v3') out.nullable = true;
  return out;
}

/** As {@link publishSchema}, but a schema with a name is written out, for its own definition. */
export function publishInline(schema: Schema, target: PublishTarget): OpenApiSchema {
  const out: OpenApiSchema = {};
  for (const keyword of copiedKeywords) {
    const value = schema[keyword];
    if (value !== undefined && value !== false && value !== '') out[keyword] = value;
  }
  if (schema.default === false || schema.default === '') out.default = schema.default;
  const v2 = target.dialect === 'v2';
  const anything =
    v2 && (schema['x-kubernetes-preserve-unknown-fields'] === true || (schema.nullable === true && !target.native));
  if (!anything) publishChildren(schema, target, out);
  publishType(schema, target, { out, anything });
  const required = v2
    ? schema.required?.filter((name) => schema.properties?.[name]?.nullable !== true)
    : schema.required;
  if (required !== undefined && required.length > 0) out.required = required;
  if (!v2) publishV3Only(schema, target, out);
  return out;
}

function publishType(
  schema: Schema,
  target: PublishTarget,
  { out, anything }: { out: OpenApiSchema; anything: boolean },
): void {
  if (schema['x-kubernetes-int-or-string'] === true) {
    publishIntOrString(schema, target, out);
    return;
  }
  if (schema.type === undefined) return;
  if (target.dialect === 'v2') {
    // Readers refuse arrays without items.
    if (schema.type === 'array' && out.items === undefined) return;
    if (anything && !(target.native && schema.type === 'object')) return;
  }
  out.type = schema.type;
}

function publishIntOrString(schema: Schema, target: PublishTarget, out: OpenApiSchema): void {
  if (target.native) out.format = schema.format ?? 'int-or-string';
  if (target.dialect === 'v2') {
    if (target.native) out.type = 'string';
  } else if (schema.anyOf === undefined && schema.allOf === undefined) {
    out.anyOf = [{ type: 'integer' }, { type: 'string' }];
  }
}

function publishChildren(schema: Schema, target: PublishTarget, out: OpenApiSchema): void {
  if (schema.properties !== undefined) {
    const properties: Record<string, OpenApiSchema> = {};
    for (const name in schema.properties) properties[name] = publishSchema(schema.properties[name]!, target);
    out.properties = properties;
  }
  if (schema['x-kubernetes-embedded-resource'] === true) {
    out.properties = {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      ...(out.properties as Record<string, OpenApiSchema> | undefined),
      metadata: objectMetaReference(target),
    };
  }
  if (schema.items !== undefined) out.items = publishSchema(schema.items, target);
  const { additionalProperties } = schema;
  if (typeof additionalProperties === 'object') out.additionalProperties = publishSchema(additionalProperties, target);
  else if (additionalProperties !== undefined) out.additionalProperties = additionalProperties;
}

function publishV3Only(schema: Schema, target: PublishTarget, out: OpenApiSchema): void {
  if (schema.nullable === true) out.nullable = true;
  for (const junctor of ['allOf', 'anyOf', 'oneOf'] as const) {
    const branches = schema[junctor];
    if (branches !== undefined) out[junctor] = branches.map((branch) => publishSchema(branch, target));
  }
  if (schema.not !== undefined) out.not = publishSchema(schema.not, target);
}
