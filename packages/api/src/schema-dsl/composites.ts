import type { Schema } from '@canopy/apimachinery';
import type { Fields, Infer, Keywords, ObjectOf, Typed } from './typed-schema.ts';
import { addWireFacts, copySchema } from './wire-facts.ts';

export interface ObjectKeywords<R> extends Keywords {
  required?: readonly R[];
}

/** An object with the given fields; others are unknown. */
export function object<F extends Fields, const R extends keyof F & string = never>(
  description: string,
  fields: F,
  keywords: ObjectKeywords<R> = {},
): Typed<ObjectOf<F, R>> {
  const { required, ...rest } = keywords;
  const schema: Schema = { type: 'object', description, properties: { ...fields }, ...rest };
  if (required !== undefined) schema.required = [...required];
  return schema as Typed<ObjectOf<F, R>>;
}

/** `metadata` with restrictions on the name. Its other fields are known without being said. */
export function metadataWith<F extends Fields>(fields: F): Typed<ObjectOf<F, never>> {
  return { type: 'object', properties: { ...fields } };
}

/** An object that has a name in OpenAPI and protobuf. Its fields are numbered with {@link wire}. */
export function message<F extends Fields, const R extends keyof F & string = never>(
  name: string,
  description: string,
  fields: F,
  keywords: ObjectKeywords<R> = {},
): Typed<ObjectOf<F, R>> {
  const schema = object(description, fields, keywords);
  addWireFacts(schema, { message: name });
  return schema;
}

/** A map from any text to values of one schema. */
export function mapOf<S extends Typed<unknown>>(
  description: string,
  values: S,
  keywords?: Keywords,
): Typed<Record<string, Infer<S>>> {
  return { type: 'object', description, additionalProperties: values, ...keywords };
}

/** An object of any content. */
export function anyObject(description: string, keywords?: Keywords): Typed<Record<string, unknown>> {
  return { type: 'object', description, 'x-kubernetes-preserve-unknown-fields': true, ...keywords };
}

/** A list without `x-kubernetes-list-type`: atomic for server-side apply, as in custom resources. */
export function list<S extends Typed<unknown>>(description: string, items: S, keywords?: Keywords): Typed<Infer<S>[]> {
  return { type: 'array', description, items, ...keywords };
}

export function atomicList<S extends Typed<unknown>>(
  description: string,
  items: S,
  keywords?: Keywords,
): Typed<Infer<S>[]> {
  return list(description, items, { 'x-kubernetes-list-type': 'atomic', ...keywords });
}

export function setList<S extends Typed<unknown>>(
  description: string,
  items: S,
  keywords?: Keywords,
): Typed<Infer<S>[]> {
  return list(description, items, { 'x-kubernetes-list-type': 'set', ...keywords });
}

/** A list whose items are identified by the values of `keys`. */
export function listMap<S extends Typed<unknown>>(
  keys: readonly string[],
  description: string,
  items: S,
  keywords?: Keywords,
): Typed<Infer<S>[]> {
  return list(description, items, {
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': [...keys],
    ...keywords,
  });
}

/** A {@link listMap} of one key, which strategic merge patch merges by the same key. */
export function mergedListMap<S extends Typed<unknown>>(key: string, description: string, items: S): Typed<Infer<S>[]> {
  return listMap([key], description, items, {
    'x-kubernetes-patch-strategy': 'merge',
    'x-kubernetes-patch-merge-key': key,
  });
}

/** The schema as protobuf field `number` of the message it stands in. */
export function wire<S extends Schema>(number: number, schema: S): S {
  return copySchema(schema, { wire: number });
}

/** Like {@link wire}, for a field that tells absent from zero. */
export function wireOptional<S extends Schema>(number: number, schema: S): S {
  const field = copySchema(schema, { wire: number });
  addWireFacts(field, { presence: true });
  return field;
}

/** The same schema with a description of the place it is used in. */
export function described<S extends Schema>(description: string, schema: S): S {
  return copySchema(schema, { description });
}

/** The same schema with more keywords, such as a default. */
export function withKeywords<S extends Schema>(schema: S, keywords: Keywords): S {
  return copySchema(schema, keywords);
}
