import type { JsonValue } from '../meta/object.ts';
import { objectMetaSchema } from '../schema/object-meta-schema.ts';
import type { Schema } from '../schema/schema.ts';

export type ScalarType = 'numeric' | 'string' | 'boolean' | 'untyped';

/** What a value may be, and how it is merged and owned. A schema without `type` allows more than one kind of value. */
export interface MergeType {
  scalar?: ScalarType;
  list?: ListType;
  map?: MapType;
}

export interface ListType {
  atomic: boolean;
  /** Names of the fields that identify an item, sorted; undefined in a set of scalars. */
  keys: readonly string[] | undefined;
  element: MergeType;
}

export interface MapType {
  atomic: boolean;
  /** Declared fields. */
  fields: ReadonlyMap<string, MergeType>;
  defaults: ReadonlyMap<string, JsonValue>;
  /** Type of every other key; undefined if there must not be any. */
  element: MergeType | undefined;
}

/** Free-form content under an atomic list: owned as a whole. */
export const UNTYPED_ATOMIC: MergeType = { scalar: 'untyped' };
UNTYPED_ATOMIC.list = { atomic: true, keys: undefined, element: UNTYPED_ATOMIC };
UNTYPED_ATOMIC.map = { atomic: true, fields: new Map(), defaults: new Map(), element: UNTYPED_ATOMIC };

/** Free-form content: maps are owned by key, lists as a whole. */
export const DEDUCED: MergeType = { scalar: 'untyped' };
DEDUCED.list = UNTYPED_ATOMIC.list;
DEDUCED.map = { atomic: false, fields: new Map(), defaults: new Map(), element: DEDUCED };

const STRING: Schema = { type: 'string' };

interface Compiled {
  plain?: MergeType;
  preserving?: MergeType;
  root?: MergeType;
}

const COMPILED = new WeakMap<Schema, Compiled>();

function compiledOf(schema: Schema): Compiled {
  let compiled = COMPILED.get(schema);
  if (compiled === undefined) {
    compiled = {};
    COMPILED.set(schema, compiled);
  }
  return compiled;
}

/**
 * How objects of a kind are merged, compiled once per schema object. Type and object metadata are those of Kubernetes,
 * whatever the schema says about them. Without a schema everything is free-form.
 */
export function mergeTypeOfObject(schema: Schema | undefined): MergeType {
  if (schema === undefined) {
    freeFormObject ??= objectType(DEDUCED.map!);
    return freeFormObject;
  }
  const compiled = compiledOf(schema);
  compiled.root ??= objectType(mergeTypeOf(schema, false).map ?? DEDUCED.map!);
  return compiled.root;
}

let freeFormObject: MergeType | undefined;

function objectType(map: MapType): MergeType {
  return { map: { ...map, fields: withObjectFields(map.fields) } };
}

function withObjectFields(fields: ReadonlyMap<string, MergeType>): ReadonlyMap<string, MergeType> {
  const all = new Map(fields);
  all.set('apiVersion', mergeTypeOf(STRING, false));
  all.set('kind', mergeTypeOf(STRING, false));
  all.set('metadata', mergeTypeOf(objectMetaSchema, false));
  return all;
}

/** `preserving` is inherited: below a field that preserves unknown fields, every object takes any field. */
function mergeTypeOf(schema: Schema, preserving: boolean): MergeType {
  const preserves = preserving || schema['x-kubernetes-preserve-unknown-fields'] === true;
  const compiled = compiledOf(schema);
  const known = preserves ? compiled.preserving : compiled.plain;
  if (known !== undefined) return known;
  const type: MergeType = {};
  if (preserves) compiled.preserving = type;
  else compiled.plain = type;
  switch (schema.type) {
    case 'object':
      type.map = mapTypeOf(schema, preserves);
      break;
    case 'array':
      type.list = listTypeOf(schema, preserves);
      break;
    case 'integer':
    case 'number':
      type.scalar = 'numeric';
      break;
    case 'boolean':
      type.scalar = 'boolean';
      break;
    case 'string':
      type.scalar =
        schema.format === undefined || schema.format === '' || schema.format === 'byte' ? 'string' : 'untyped';
      break;
    default:
      type.scalar = 'untyped';
      type.list = listTypeOf(schema, preserves);
      type.map = mapTypeOf(schema, preserves);
  }
  return type;
}

function mapTypeOf(schema: Schema, preserving: boolean): MapType {
  const map: MapType = {
    atomic: schema['x-kubernetes-map-type'] === 'atomic',
    fields: new Map(),
    defaults: new Map(),
    element: undefined,
  };
  const fields = new Map<string, MergeType>();
  const defaults = new Map<string, JsonValue>();
  const properties = schema.properties ?? {};
  for (const name of Object.keys(properties)) {
    const property = properties[name]!;
    fields.set(name, mergeTypeOf(property, preserving));
    if (property.default !== undefined && property.default !== null) defaults.set(name, property.default);
  }
  const additional = schema.additionalProperties;
  if (additional === true) map.element = DEDUCED;
  else if (typeof additional === 'object') map.element = mergeTypeOf(additional, preserving);
  else if (additional === undefined && (preserving || fields.size === 0)) map.element = DEDUCED;
  map.fields = schema['x-kubernetes-embedded-resource'] === true ? withObjectFields(fields) : fields;
  map.defaults = defaults;
  return map;
}

function listTypeOf(schema: Schema, preserving: boolean): ListType {
  const element = schema.items === undefined ? UNTYPED_ATOMIC : mergeTypeOf(schema.items, preserving);
  const listType = schema['x-kubernetes-list-type'];
  if (listType === 'map') {
    const keys = [...(schema['x-kubernetes-list-map-keys'] ?? [])].sort();
    return { atomic: false, keys, element };
  }
  if (listType === 'set') return { atomic: false, keys: undefined, element };
  if (listType === undefined && schema['x-kubernetes-patch-strategy']?.split(',').includes('merge')) {
    const key = schema['x-kubernetes-patch-merge-key'];
    return { atomic: false, keys: key === undefined ? undefined : [key], element };
  }
  return { atomic: true, keys: undefined, element };
}

export type ValueKind = 'map' | 'scalar' | 'list' | 'none';

/** As which of the kinds that its type allows a value is treated. Null, and what fits none, goes by the type alone. */
export function kindOf(type: MergeType, value: JsonValue | undefined): ValueKind {
  if (value !== undefined && value !== null) {
    if (typeof value !== 'object') {
      if (type.scalar !== undefined) return 'scalar';
    } else if (Array.isArray(value)) {
      if (type.list !== undefined) return 'list';
    } else if (type.map !== undefined) return 'map';
  }
  if (type.map !== undefined) return 'map';
  if (type.scalar !== undefined) return 'scalar';
  return type.list === undefined ? 'none' : 'list';
}

export function fieldTypeOf(map: MapType, key: string): MergeType {
  return map.fields.get(key) ?? map.element ?? UNTYPED_ATOMIC;
}
