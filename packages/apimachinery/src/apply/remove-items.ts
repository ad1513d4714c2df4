import type { JsonObject, JsonValue } from '../meta/object.ts';
import { isJsonObject, setOwn } from '../patch/json-tree.ts';
import { type FieldSet, isEmptySet, isMember } from './field-set.ts';
import { listItemElement } from './list-items.ts';
import { fieldTypeOf, kindOf, type MergeType } from './merge-type.ts';

/**
 * The value without the fields and list items in `set`. A container that loses all it had, and one that is owned as a
 * whole but is named as if it had parts, becomes null. Returns `value` itself if `set` is empty.
 */
export function removeItems(type: MergeType, value: JsonValue, set: FieldSet): JsonValue {
  if (isEmptySet(set)) return value;
  switch (kindOf(type, value)) {
    case 'scalar':
      return value;
    case 'list':
      return Array.isArray(value) && !type.list!.atomic ? removeFromList(type, value, set) : null;
    case 'map':
      return isJsonObject(value) && !type.map!.atomic ? removeFromMap(type, value, set) : null;
    default:
      return null;
  }
}

function removeFromList(type: MergeType, list: readonly JsonValue[], set: FieldSet): JsonValue {
  const kept: JsonValue[] = [];
  for (const item of list) {
    const node = set[listItemElement(type.list!, item)];
    if (node === undefined) kept.push(item);
    else if (!isMember(node)) kept.push(removeItems(type.list!.element, item, node));
  }
  return kept.length === 0 ? null : kept;
}

function removeFromMap(type: MergeType, value: JsonObject, set: FieldSet): JsonValue {
  const kept: JsonObject = {};
  let any = false;
  for (const key in value) {
    const member = value[key];
    if (member === undefined) continue;
    const node = set[`f:${key}`];
    if (node !== undefined && isMember(node)) continue;
    setOwn(kept, key, node === undefined ? member : removeItems(fieldTypeOf(type.map!, key), member, node));
    any = true;
  }
  return any ? kept : null;
}
