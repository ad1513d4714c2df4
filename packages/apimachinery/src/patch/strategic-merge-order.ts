import type { JsonValue } from '../meta/object.ts';
import { getOwn, isJsonObject } from './json-tree.ts';
import { noMergeKey, wrongType } from './strategic-merge-meta.ts';

export interface ListOrder {
  /** Empty for lists of scalars. */
  mergeKey: string;
  /** What the patch wants: its items, or those of `$setElementOrder`. */
  wanted: readonly JsonValue[];
  /** The list as it was. */
  live: readonly JsonValue[];
}

/**
 * Orders a merged list: items that the patch names in its order, others in the live order. One of the others comes before
 * a named item only if it stood before it; so they all come behind named items that are new.
 */
export function orderMerged(merged: readonly JsonValue[], order: ListOrder): JsonValue[] {
  const { mergeKey, wanted, live } = order;
  const identity = mergeKey === '' ? (item: JsonValue): JsonValue => item : (item: JsonValue) => keyOf(item, mergeKey);
  const wantedAt = positions(wanted, identity);
  const liveAt = positions(live, identity);
  const named: JsonValue[] = [];
  const others: JsonValue[] = [];
  for (const item of merged) (wantedAt.has(identity(item)) ? named : others).push(item);
  return interleave(sorted(others, liveAt, identity), sorted(named, wantedAt, identity), (a, b) => {
    const left = liveAt.get(identity(a));
    const right = liveAt.get(identity(b));
    return left !== undefined && right !== undefined && left < right;
  });
}

function keyOf(item: JsonValue, mergeKey: string): JsonValue {
  if (!isJsonObject(item)) throw wrongType('map[string]interface {}', item);
  const key = getOwn(item, mergeKey);
  if (key === undefined) throw noMergeKey(item, mergeKey);
  return key;
}

type Identity = (item: JsonValue) => JsonValue;
type Positions = ReadonlyMap<JsonValue, number>;

function positions(list: readonly JsonValue[], identity: Identity): Positions {
  const found = new Map<JsonValue, number>();
  for (let i = 0; i < list.length; i++) {
    const key = identity(list[i]!);
    if (!found.has(key)) found.set(key, i);
  }
  return found;
}

function sorted(items: JsonValue[], order: Positions, identity: Identity): JsonValue[] {
  return items.sort((a, b) => (order.get(identity(a)) ?? -1) - (order.get(identity(b)) ?? -1));
}

function interleave(
  left: readonly JsonValue[],
  right: readonly JsonValue[],
  isBefore: (a: JsonValue, b: JsonValue) => boolean,
): JsonValue[] {
  const result: JsonValue[] = [];
  let l = 0;
  for (const item of right) {
    while (l < left.length && isBefore(left[l]!, item)) result.push(left[l++]!);
    result.push(item);
  }
  while (l < left.length) result.push(left[l++]!);
  return result;
}
