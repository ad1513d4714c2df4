import type { JsonObject } from '../meta/object.ts';
import { difference, EMPTY_SET, type FieldSet, intersection, isEmptySet, union } from './field-set.ts';
import type { FieldManagerOptions } from './field-manager.ts';
import type { Managers } from './managers.ts';
import { type MergeType, mergeTypeOfObject } from './merge-type.ts';
import { withDeclaredFields } from './reconcile-set.ts';
import { removeItems } from './remove-items.ts';
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
    if (owners !== undefined) pruned = keepOwned({ start, pruned, set }, owners);
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

/** `start` without what `pruned` lacks and the set does not own. */
function keepOwned(input: { start: JsonObject; pruned: JsonObject; set: FieldSet }, view: View): JsonObject {
  const { type } = view;
  const start = view.convert(input.start);
  const pruned = view.convert(input.pruned);
  const startSet = withDeclaredFields(type, fieldSetOf(type, start));
  const prunedSet = withDeclaredFields(type, fieldSetOf(type, pruned));
  const kept = union(prunedSet, withDeclaredFields(type, input.set));
  return remove(type, start, difference(startSet, kept));
}

function remove(type: MergeType, object: JsonObject, set: FieldSet): JsonObject {
  return (removeItems(type, object, set) as JsonObject | null) ?? {};
}
