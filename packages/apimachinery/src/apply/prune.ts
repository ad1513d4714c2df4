import type { JsonObject, JsonValue } from '../meta/object.ts';
import { isJsonObject, setOwn } from '../patch/json-tree.ts';
import type { FieldManagerOptions } from './field-manager.ts';
import { difference, EMPTY_SET, type FieldSet, intersection, isEmptySet, isMember, union } from './field-set.ts';
import { listItemElement } from './list-items.ts';
import type { Managers } from './managers.ts';
import { fieldTypeOf, kindOf, type MergeType, mergeTypeOfObject } from './merge-type.ts';
import { withDeclaredFields } from './reconcile-set.ts';
import { fieldSetOf } from './value-to-set.ts';

export interface PruneInput {
  merged: JsonObject;
  /** With the new set of the applying manager. */
  managers: Managers;
  applierId: string;
  /** What the applying manager owned before, and in which version. */
  last: { set: FieldSet; apiVersion: string } | undefined;
}

/**
 * Removes the fields and list items that the applying manager applied last time and does not apply now, unless somebody
 * else owns them or something in them.
 */
export function pruneObject(input: PruneInput, options: FieldManagerOptions): JsonObject {
  const { merged, managers, applierId, last } = input;
  if (last === undefined || isEmptySet(last.set)) return merged;
  const view = viewOf(last.apiVersion, options);
  if (view === undefined) return merged;
  const isSameVersion = options.otherVersion === undefined || last.apiVersion === options.version;
  if (isSameVersion && isEmptySet(difference(last.set, managers.get(applierId)!.set))) return merged;

  const start = view.convert(merged);
  const lastSet = withDeclaredFields(view.type, last.set);
  const startSet = withDeclaredFields(view.type, fieldSetOf(view.type, start));
  let pruned = remove(view.type, start, lastSet);
  for (const [apiVersion, set] of ownedByVersion(managers, last.apiVersion, options)) {
    const owners = viewOf(apiVersion, options);
    if (owners !== undefined) pruned = keepOwned({ start, startSet, pruned, set }, owners);
  }
  pruned = view.convert(pruned);
  const prunedSet = withDeclaredFields(view.type, fieldSetOf(view.type, pruned));
  const result = remove(view.type, start, intersection(difference(startSet, prunedSet), lastSet));
  return viewOf(options.version, options)?.convert(result) ?? result;
}

/** A version of the kind; `convert` takes an object of any version there. */
interface View {
  type: MergeType;
  convert: (object: JsonObject) => JsonObject;
}

function viewOf(apiVersion: string, options: FieldManagerOptions): View | undefined {
  const type = mergeTypeOfObject(options.schema);
  if (options.otherVersion === undefined) return { type, convert: (object) => object };
  const other = options.otherVersion(apiVersion);
  if (other === undefined) return apiVersion === options.version ? { type, convert: (object) => object } : undefined;
  return {
    type: apiVersion === options.version ? type : mergeTypeOfObject(other.schema),
    convert: (object) => (object.apiVersion === apiVersion ? object : other.convert(object)),
  };
}

/** What everybody owns, by version; the version of the last apply comes first. */
function ownedByVersion(managers: Managers, first: string, options: FieldManagerOptions): Map<string, FieldSet> {
  const owned = new Map<string, FieldSet>([[first, EMPTY_SET]]);
  for (const manager of managers.values()) {
    const apiVersion = options.otherVersion === undefined ? first : manager.apiVersion;
    owned.set(apiVersion, union(owned.get(apiVersion) ?? EMPTY_SET, manager.set));
  }
  return owned;
}

interface Kept {
  start: JsonObject;
  startSet: FieldSet;
  pruned: JsonObject;
  set: FieldSet;
}

/** `start` without what `pruned` lacks and the set does not own. */
function keepOwned(input: Kept, view: View): JsonObject {
  const { type } = view;
  const start = view.convert(input.start);
  const pruned = view.convert(input.pruned);
  const startSet = start === input.start ? input.startSet : withDeclaredFields(type, fieldSetOf(type, start));
  const prunedSet = withDeclaredFields(type, fieldSetOf(type, pruned));
  const kept = union(prunedSet, withDeclaredFields(type, input.set));
  return remove(type, start, difference(startSet, kept));
}

function remove(type: MergeType, object: JsonObject, set: FieldSet): JsonObject {
  return (removeItems(type, object, set) as JsonObject | null) ?? {};
}

/**
 * The value without the fields and list items in `set`. A container that loses all it had, and one that is owned as a
 * whole but is named as if it had parts, becomes null. Returns `value` itself if `set` is empty.
 */
function removeItems(type: MergeType, value: JsonValue, set: FieldSet): JsonValue {
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
