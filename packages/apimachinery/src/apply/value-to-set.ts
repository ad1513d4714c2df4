import type { JsonObject, JsonValue } from '../meta/object.ts';
import { isJsonObject } from '../patch/json-tree.ts';
import { asMember, EMPTY_SET, type FieldSet, isMember, LEAF, ordered } from './field-set.ts';
import { itemsByElement, listItemElement } from './list-items.ts';
import { fieldTypeOf, kindOf, type ListType, type MapType, type MergeType } from './merge-type.ts';

/**
 * What an applied configuration claims: leaves, list items, keys of maps, empty maps and nulls, but not the declared fields
 * above them.
 *
 * @throws ListItemError
 */
export function fieldSetOf(type: MergeType, value: JsonValue): FieldSet {
  const node = claimedNode(type, value);
  return node === undefined ? EMPTY_SET : node;
}

/** The node for a value, or undefined if nothing at or below it is claimed. */
function claimedNode(type: MergeType, value: JsonValue): FieldSet | undefined {
  switch (kindOf(type, value)) {
    case 'map':
      if (type.map!.atomic) return LEAF;
      return isJsonObject(value) ? claimedMap(type.map!, value) : undefined;
    case 'list':
      if (type.list!.atomic) return LEAF;
      return Array.isArray(value) ? claimedList(type.list!, value) : undefined;
    case 'scalar':
      return LEAF;
    default:
      return undefined;
  }
}

function claimedMap(type: MapType, value: JsonObject): FieldSet | undefined {
  let node: Record<string, FieldSet> | undefined;
  for (const key in value) {
    const member = value[key];
    if (member === undefined) continue;
    let child = claimedNode(fieldTypeOf(type, key), member);
    if (child === undefined) {
      if (type.fields.has(key) && !(member === null || (isJsonObject(member) && isEmptyObject(member)))) continue;
      child = LEAF;
    } else if (!type.fields.has(key)) {
      child = asMember(child);
    }
    node ??= {};
    node[`f:${key}`] = child;
  }
  return node === undefined ? undefined : ordered(node);
}

function claimedList(type: ListType, items: readonly JsonValue[]): FieldSet | undefined {
  if (items.length === 0) return undefined;
  const node: Record<string, FieldSet> = {};
  for (const [element, same] of itemsByElement(type, items)) {
    const child = same.length > 1 ? undefined : claimedNode(type.element, same[0]!);
    node[element] = child === undefined ? LEAF : asMember(child);
  }
  return ordered(node);
}

export function isEmptyObject(value: JsonObject): boolean {
  for (const key in value) if (value[key] !== undefined) return false;
  return true;
}

/**
 * The node in which everything at and below a value is a member: what appears or vanishes with it.
 *
 * @throws ListItemError
 */
export function wholeNode(type: MergeType, value: JsonValue): FieldSet {
  switch (kindOf(type, value)) {
    case 'map':
      if (type.map!.atomic || !isJsonObject(value)) return LEAF;
      return wholeMap(type.map!, value);
    case 'list':
      if (type.list!.atomic || !Array.isArray(value) || value.length === 0) return LEAF;
      return wholeList(type.list!, value);
    default:
      return LEAF;
  }
}

function wholeMap(type: MapType, value: JsonObject): FieldSet {
  const keys = Object.keys(value);
  if (keys.length > 1) keys.sort();
  const node: Record<string, FieldSet> = { '.': LEAF };
  let any = false;
  for (const key of keys) {
    const member = value[key];
    if (member === undefined) continue;
    node[`f:${key}`] = wholeNode(fieldTypeOf(type, key), member);
    any = true;
  }
  return any ? ordered(node) : LEAF;
}

function wholeList(type: ListType, items: readonly JsonValue[]): FieldSet {
  const node: Record<string, FieldSet> = { '.': LEAF };
  for (const item of items) {
    const element = listItemElement(type, item);
    node[element] = node[element] === undefined ? wholeNode(type.element, item) : LEAF;
  }
  return ordered(node);
}

/** Everything in an object, without the object itself. */
export function wholeSet(type: MergeType, value: JsonObject): FieldSet {
  const node = wholeNode(type, value);
  if (isEmptyEntry(node)) return EMPTY_SET;
  const { '.': _, ...set } = node;
  return set;
}

function isEmptyEntry(node: FieldSet): boolean {
  return isMember(node) && node['.'] === undefined;
}
