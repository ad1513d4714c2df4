import type { FieldError } from '../../meta/field-error.ts';
import { forbiddenField, invalidValue, notSupported, required } from '../../meta/field-error.ts';
import type { Schema } from '../schema.ts';
import { keywordPath } from './keyword-path.ts';

/** `x-kubernetes-map-type`. */
export function validateMapKeywords(schema: Schema, path: string, errors: FieldError[]): void {
  const mapType = schema['x-kubernetes-map-type'];
  if (mapType === undefined) return;
  if (schema.type !== 'object') {
    errors.push(wrongType(schema, path, 'must be object if x-kubernetes-map-type is specified'));
  }
  if (mapType !== 'atomic' && mapType !== 'granular') {
    errors.push(notSupported(keywordPath(path, 'x-kubernetes-map-type'), mapType, ['atomic', 'granular']));
  }
}

/** `x-kubernetes-list-type` and `x-kubernetes-list-map-keys`. */
export function validateListKeywords(schema: Schema, path: string, errors: FieldError[]): void {
  const at = (keyword: string): string => keywordPath(path, keyword);
  const listType = schema['x-kubernetes-list-type'];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const items = schema.items;
  if (listType !== undefined && schema.type !== 'array') {
    errors.push(wrongType(schema, path, 'must be array if x-kubernetes-list-type is specified'));
  } else if (listType === 'set' && items !== undefined) checkSetItems(items, at('items'), errors);
  if (listType !== undefined && listType !== 'atomic' && listType !== 'set' && listType !== 'map') {
    errors.push(notSupported(at('x-kubernetes-list-type'), listType, ['atomic', 'set', 'map']));
  }
  if (keys.length > 0 && listType !== 'map') {
    const rule = 'must be map if x-kubernetes-list-map-keys is non-empty';
    const field = at('x-kubernetes-list-type');
    errors.push(listType === undefined ? required(field, rule) : invalidValue(field, listType, rule));
  }
  if (listType === 'map') {
    if (keys.length === 0) {
      errors.push(required(at('x-kubernetes-list-map-keys'), 'must not be empty if x-kubernetes-list-type is map'));
    }
    if (items === undefined) errors.push(required(at('items'), 'must have a schema if x-kubernetes-list-type is map'));
    else checkMapItems(items, keys, path, errors);
  }
  if ((listType === 'map' || listType === 'set') && items?.nullable === true) {
    errors.push(forbiddenField(at('items.nullable'), `cannot be nullable when x-kubernetes-list-type is ${listType}`));
  }
  if (listType === 'map' && items !== undefined) checkKeyPresence(items, keys, at('items'), errors);
}

function wrongType(schema: Schema, path: string, rule: string): FieldError {
  const field = keywordPath(path, 'type');
  return schema.type === undefined ? required(field, rule) : invalidValue(field, schema.type, rule);
}

/** Items of a set are compared as a whole. */
function checkSetItems(items: Schema, path: string, errors: FieldError[]): void {
  const rule = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const listType = items['x-kubernetes-list-type'];
  if (items.type === 'array' && listType !== undefined && listType !== 'atomic') {
    errors.push(invalidValue(`${path}.x-kubernetes-list-type`, listType, rule));
  }
  if (items.type === 'object' && items['x-kubernetes-map-type'] !== 'atomic') {
    errors.push(invalidValue(`${path}.x-kubernetes-map-type`, items['x-kubernetes-map-type'], rule));
  }
}

function checkMapItems(items: Schema, keys: readonly string[], path: string, errors: FieldError[]): void {
  const at = (keyword: string): string => keywordPath(path, keyword);
  if (items.type !== 'object') {
    const rule = "must be object if parent array's x-kubernetes-list-type is map";
    errors.push(invalidValue(at('items.type'), items.type ?? '', rule));
    return;
  }
  const seen = new Set<string>();
  for (const key of keys) {
    const property = propertyOf(items, key);
    if (property === undefined) {
      errors.push(invalidValue(at('x-kubernetes-list-map-keys'), keys, 'entries must all be names of item properties'));
    } else if (property.type === 'array' || property.type === 'object') {
      const rule = "must be a scalar type if parent array's x-kubernetes-list-type is map";
      errors.push(invalidValue(`${at('items.properties')}[${key}].type`, items.type, rule));
    }
    if (seen.has(key))
      errors.push(invalidValue(at('x-kubernetes-list-map-keys'), keys, 'must not contain duplicate entries'));
    seen.add(key);
  }
}

/** Every item must have all keys, by requirement or by default. */
function checkKeyPresence(items: Schema, keys: readonly string[], path: string, errors: FieldError[]): void {
  for (const key of keys) {
    const property = propertyOf(items, key);
    if (property === undefined) continue;
    const field = `${path}.properties[${key}]`;
    if (property.default === undefined && items.required?.includes(key) !== true) {
      const rule =
        'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
      errors.push(required(`${field}.default`, rule));
    }
    if (property.nullable === true) {
      const rule = 'this property is in x-kubernetes-list-map-keys, so it cannot be nullable';
      errors.push(forbiddenField(`${field}.nullable`, rule));
    }
  }
}

function propertyOf(schema: Schema, name: string): Schema | undefined {
  return schema.properties !== undefined && Object.hasOwn(schema.properties, name)
    ? schema.properties[name]
    : undefined;
}
