import { deepEqual } from '../deep-equal.ts';
import type { JsonObject, JsonValue } from '../meta/object.ts';
import { getOwn, isJsonObject } from '../patch/json-tree.ts';
import { asMember, EMPTY_SET, type FieldSet, LEAF, ordered, unionNodes } from './field-set.ts';
import { itemsByElement } from './list-items.ts';
import { fieldTypeOf, kindOf, type ListType, type MapType, type MergeType, type ValueKind } from './merge-type.ts';
import type { PathElement } from './path-element.ts';
import { isEmptyObject, wholeNode } from './value-to-set.ts';

export interface Comparison {
  /** Paths that only the second object has, or where it differs. */
  changed: FieldSet;
  /** Paths that only the first object has. */
  removed: FieldSet;
}

interface Draft {
  changed: Record<PathElement, FieldSet> | undefined;
  removed: Record<PathElement, FieldSet> | undefined;
}

const NOTHING: JsonObject = Object.freeze({});
const NO_ITEMS: readonly JsonValue[] = Object.freeze([]);

/**
 * Which paths differ between two objects of a type. Subtrees that are the same JavaScript object are not entered.
 *
 * @throws ListItemError if an item of an associative list cannot be identified
 */
export function compareObjects(type: MergeType, before: JsonObject, after: JsonObject): Comparison {
  const root: Draft = { changed: undefined, removed: undefined };
  if (before !== after && type.map !== undefined && !type.map.atomic) compareMaps(type.map, before, after, root);
  return {
    changed: root.changed === undefined ? EMPTY_SET : ordered(root.changed),
    removed: root.removed === undefined ? EMPTY_SET : ordered(root.removed),
  };
}

function mark(draft: Draft, side: 'changed' | 'removed', element: PathElement, node: FieldSet): void {
  const entries = draft[side] ?? {};
  draft[side] = entries;
  const known = entries[element];
  entries[element] = known === undefined ? node : unionNodes(known, node);
}

function compareMaps(type: MapType, before: JsonObject, after: JsonObject, out: Draft): void {
  for (const key in after) {
    const value = after[key];
    if (value === undefined) continue;
    const old = getOwn(before, key);
    if (old === value) continue;
    const fieldType = fieldTypeOf(type, key);
    if (old === undefined) mark(out, 'changed', `f:${key}`, wholeNode(fieldType, value));
    else if (typeof old !== 'object' && typeof value !== 'object') mark(out, 'changed', `f:${key}`, LEAF);
    else compareValues(fieldType, old, value, { out, element: `f:${key}` });
  }
  for (const key in before) {
    const old = before[key];
    if (old === undefined || getOwn(after, key) !== undefined) continue;
    mark(out, 'removed', `f:${key}`, wholeNode(fieldTypeOf(type, key), old));
  }
}

interface Position {
  out: Draft;
  element: PathElement;
}

function compareValues(type: MergeType, before: JsonValue, after: JsonValue, at: Position): void {
  const kind = kindOf(type, before);
  const newKind = kindOf(type, after);
  compareAs(kind, type, { before, after }, at);
  if (newKind !== kind) compareAs(newKind, type, { before, after }, at);
}

function compareAs(
  kind: ValueKind,
  type: MergeType,
  pair: { before: JsonValue; after: JsonValue },
  at: Position,
): void {
  const { before, after } = pair;
  const inner: Draft = { changed: undefined, removed: undefined };
  if (kind === 'map' && !type.map!.atomic) {
    const old = isJsonObject(before) ? before : NOTHING;
    const now = isJsonObject(after) ? after : NOTHING;
    if (!isEmptyObject(old) || !isEmptyObject(now)) {
      compareMaps(type.map!, old, now, inner);
      attach(inner, at);
      return;
    }
  } else if (kind === 'list' && !type.list!.atomic) {
    const old = Array.isArray(before) ? before : NO_ITEMS;
    const now = Array.isArray(after) ? after : NO_ITEMS;
    if (old.length > 0 || now.length > 0) {
      if (deepEqual(before, after)) return;
      compareLists(type.list!, old, now, inner);
      attach(inner, at);
      return;
    }
  }
  if (kind !== 'none' && !deepEqual(before, after)) mark(at.out, 'changed', at.element, LEAF);
}

/** Hangs what differs below a path into the level above. */
function attach(inner: Draft, at: Position): void {
  if (inner.changed !== undefined) mark(at.out, 'changed', at.element, ordered(inner.changed));
  if (inner.removed !== undefined) mark(at.out, 'removed', at.element, ordered(inner.removed));
}

function compareLists(type: ListType, before: readonly JsonValue[], after: readonly JsonValue[], out: Draft): void {
  const old = itemsByElement(type, before);
  const now = itemsByElement(type, after);
  for (const [element, items] of now) {
    const oldItems = old.get(element);
    if (items.length === 1) {
      if (oldItems?.length === 1) {
        if (oldItems[0] !== items[0]) compareValues(type.element, oldItems[0]!, items[0]!, { out, element });
      } else {
        mark(out, 'changed', element, wholeNode(type.element, items[0]!));
      }
      continue;
    }
    if (oldItems === undefined) mark(out, 'changed', element, LEAF);
    else if (oldItems.length > 1) {
      if (!deepEqual(oldItems, items)) mark(out, 'changed', element, LEAF);
    } else {
      mark(out, 'removed', element, wholeNode(type.element, oldItems[0]!));
      mark(out, 'changed', element, LEAF);
    }
  }
  for (const [element, items] of old) {
    const kept = now.get(element)?.length ?? 0;
    if (items.length > 1 ? kept <= 1 : kept === 0) {
      mark(out, 'removed', element, items.length > 1 ? LEAF : asMember(wholeNode(type.element, items[0]!)));
    }
  }
}
