import type { JsonObject, JsonValue } from '../meta/object.ts';
import type { Schema } from '../schema/schema.ts';
import { goValue, isNumeric } from './go-format.ts';
import { getOwn, isJsonObject, setOwn } from './json-tree.ts';
import {
  type FieldMeta,
  failure,
  fieldMeta,
  malformed,
  noMergeKey,
  StrategicMergePatchError,
  wrongType,
} from './strategic-merge-meta.ts';
import { orderMerged } from './strategic-merge-order.ts';

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const DELETE_PREFIX = '$deleteFromPrimitiveList';
const ORDER_PREFIX = '$setElementOrder';

const BAD_PRIMITIVE_LIST = 'invalid patch format of primitive list';
const BAD_RETAIN_KEYS = 'invalid patch format of retainKeys';
const BAD_ORDER = 'invalid patch format of setElementOrder list';

/**
 * Applies a strategic merge patch to an object of a built-in kind. Maps are merged; lists are replaced, unless their
 * schema has `x-kubernetes-patch-strategy: merge`: then items are merged by `x-kubernetes-patch-merge-key`, or scalars are
 * united. Null deletes a field. Directives: `$patch` (replace, delete), `$retainKeys`, `$deleteFromPrimitiveList/<field>`,
 * `$setElementOrder/<field>`. Source: Kubernetes documentation, "Update API Objects in Place Using kubectl patch", and the
 * design proposals it names. Neither argument is changed; untouched subtrees are shared.
 *
 * @throws StrategicMergePatchError
 */
export function applyStrategicMergePatch(document: JsonObject, patch: JsonValue, schema: Schema): JsonObject {
  if (!isJsonObject(patch)) throw malformed('invalid JSON document');
  return mergeMap(document, patch, schema);
}

function mergeMap(original: JsonObject, patch: JsonObject, schema: Schema | undefined): JsonObject {
  const directive = getOwn(patch, DIRECTIVE);
  if (directive !== undefined) return applyDirective(directive, patch);
  const result = { ...original };
  const retained = getOwn(patch, RETAIN_KEYS);
  if (retained !== undefined) retainKeys(result, patch, retained);
  const done = mergeOrderedLists(result, patch, schema);
  let hasDeletions = false;
  for (const key in patch) {
    const change = patch[key];
    if (change === undefined || key === RETAIN_KEYS || key.startsWith(ORDER_PREFIX) || done?.has(key)) continue;
    if (key.startsWith(DELETE_PREFIX)) hasDeletions = true;
    else mergeField(result, { key, change, isDeleteList: false }, schema);
  }
  if (hasDeletions) {
    for (const key in patch) {
      const change = patch[key];
      if (change === undefined || !key.startsWith(DELETE_PREFIX)) continue;
      const field = fieldOfDirective(key, DELETE_PREFIX, BAD_PRIMITIVE_LIST);
      mergeField(result, { key: field, change, isDeleteList: true }, schema);
    }
  }
  return result;
}

function applyDirective(directive: JsonValue, patch: JsonObject): JsonObject {
  if (directive === 'delete') return {};
  if (directive === 'replace') {
    const { [DIRECTIVE]: _, ...content } = patch;
    return withoutNulls(content) as JsonObject;
  }
  throw failure(`unknown patch type: ${goValue(directive)} in map: ${goValue(patch)}`);
}

/** `$setElementOrder/ports` is about `ports`. */
function fieldOfDirective(key: string, prefix: string, problem: string): string {
  if (key[prefix.length] !== '/') throw malformed(problem);
  return key.slice(prefix.length + 1);
}

function retainKeys(result: JsonObject, patch: JsonObject, retained: JsonValue): void {
  if (!Array.isArray(retained)) throw malformed(BAD_RETAIN_KEYS);
  const kept = new Set<JsonValue>(retained);
  for (const key in patch) {
    const change = patch[key];
    if (change === undefined || change === null || key === RETAIN_KEYS) continue;
    if (key.startsWith(DELETE_PREFIX) || key.startsWith(ORDER_PREFIX)) continue;
    if (!kept.has(key)) throw malformed(BAD_RETAIN_KEYS);
  }
  for (const key of Object.keys(result)) if (!kept.has(key)) delete result[key];
}

interface FieldChange {
  key: string;
  change: JsonValue;
  isDeleteList: boolean;
}

function mergeField(result: JsonObject, field: FieldChange, schema: Schema | undefined): void {
  const { key, change, isDeleteList } = field;
  if (change === null) {
    delete result[key];
    return;
  }
  const current = getOwn(result, key);
  if (current === undefined || current === null || kindOf(current) !== kindOf(change)) {
    if (!isDeleteList) setOrDrop(result, key, withoutDirectives(withoutNulls(change)));
    return;
  }
  if (isJsonObject(current) && isJsonObject(change)) {
    const meta = fieldMeta(schema, key);
    const merged = meta.strategy === 'replace' ? withoutNulls(change) : mergeMap(current, change, meta.schema);
    setOwn(result, key, merged);
  } else if (Array.isArray(current) && Array.isArray(change)) {
    setOwn(result, key, mergeList(current, change, fieldMeta(schema, key), isDeleteList));
  } else {
    setOwn(result, key, change);
  }
}

function setOrDrop(result: JsonObject, key: string, value: JsonValue | undefined): void {
  if (value === undefined) delete result[key];
  else setOwn(result, key, value);
}

function kindOf(value: JsonValue): string {
  if (isNumeric(value)) return 'number';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** Drops properties that are null, at all depths; items that are null stay. */
function withoutNulls(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutNulls);
  const result: JsonObject = {};
  for (const key in value) {
    const member = value[key];
    if (member !== undefined && member !== null) setOwn(result, key, withoutNulls(member));
  }
  return result;
}

/** Drops objects that carry a `$patch` directive: there is nothing they could direct. */
function withoutDirectives(value: JsonValue): JsonValue | undefined {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (getOwn(value, DIRECTIVE) !== undefined) return undefined;
  const result: JsonObject = {};
  for (const key in value) {
    const member = withoutDirectives(value[key]!);
    if (member !== undefined) setOwn(result, key, member);
  }
  return result;
}

/** Merges the lists whose order the patch sets. Returns the fields that are done with. */
function mergeOrderedLists(result: JsonObject, patch: JsonObject, schema: Schema | undefined): Set<string> | undefined {
  let done: Set<string> | undefined;
  for (const key in patch) {
    if (!key.startsWith(ORDER_PREFIX)) continue;
    const wanted = patch[key];
    if (wanted === undefined) continue;
    if (!Array.isArray(wanted)) throw wrongType('[]interface {}', wanted);
    const field = fieldOfDirective(key, ORDER_PREFIX, BAD_ORDER);
    const current = listAt(result, field);
    const change = listAt(patch, field);
    const meta = fieldMeta(schema, field);
    checkOrder(change ?? [], wanted, meta.mergeKey);
    if (current === undefined && change === undefined) continue;
    let merged: JsonValue[];
    if (change === undefined) merged = current!;
    else if (current === undefined) merged = withoutDirectives(withoutNulls(change)) as JsonValue[];
    else merged = mergeList(current, change, meta, false);
    const kind = elementKind(current ?? [], change ?? []);
    if (kind === 'object' && meta.mergeKey === '') {
      const unidentified = merged[0] ?? wanted[0] ?? current?.[0];
      if (unidentified !== undefined) throw noMergeKey(unidentified as JsonObject, '');
    }
    const live = liveOrder(current ?? [], change ?? [], meta);
    setOwn(result, field, orderMerged(merged, { mergeKey: meta.mergeKey, wanted, live }));
    done ??= new Set();
    done.add(field);
  }
  return done;
}

/** The live list for the sake of order: new items take the places that deleted ones leave free at its end. */
function liveOrder(current: readonly JsonValue[], change: readonly JsonValue[], meta: FieldMeta): readonly JsonValue[] {
  const { mergeKey } = meta;
  if (meta.strategy !== 'merge' || mergeKey === '' || !change.some(isDeletion)) return current;
  const keyOf = (item: JsonValue): JsonValue | undefined => getOwn(item as JsonObject, mergeKey);
  const deleted = new Set(change.filter(isDeletion).map(keyOf));
  const left = current.filter((item) => !deleted.has(keyOf(item)));
  if (change.some((item) => getOwn(item as JsonObject, DIRECTIVE) === 'replace')) return left;
  const known = new Set(left.map(keyOf));
  const added = change.filter((item) => !isDeletion(item) && !known.has(keyOf(item)));
  return [...left, ...added.slice(0, current.length - left.length)];
}

function listAt(object: JsonObject, field: string): JsonValue[] | undefined {
  const value = getOwn(object, field);
  if (value === undefined || Array.isArray(value)) return value;
  throw wrongType('[]interface {}', value);
}

/** The items of the patch must stand in `$setElementOrder`, in the same relative order. */
function checkOrder(patchList: readonly JsonValue[], wanted: readonly JsonValue[], mergeKey: string): void {
  if (patchList.length === 0 || wanted.length === 0) return;
  const items = mergeKey === '' ? patchList : patchList.filter((item) => !isDeletion(item));
  let next = 0;
  for (let at = 0; next < items.length && at < wanted.length; ) {
    const item = items[next]!;
    if (isJsonObject(item) && getOwn(item, DIRECTIVE) !== undefined) {
      next++;
      continue;
    }
    if (sameItem(item, wanted[at]!, mergeKey)) next++;
    at++;
  }
  if (next < items.length) {
    throw failure(
      `The order in patch list:\n${goValue(patchList as JsonValue[])}\n doesn't match ${ORDER_PREFIX} list:\n${goValue(wanted as JsonValue[])}\n`,
    );
  }
}

function isDeletion(item: JsonValue): boolean {
  if (!isJsonObject(item)) throw wrongType('map[string]interface {}', item);
  return getOwn(item, DIRECTIVE) === 'delete';
}

function sameItem(a: JsonValue, b: JsonValue, mergeKey: string): boolean {
  if (mergeKey === '') return a === b;
  if (!isJsonObject(a)) throw wrongType('map[string]interface {}', a);
  if (!isJsonObject(b)) throw wrongType('map[string]interface {}', b);
  const left = getOwn(a, mergeKey);
  const right = getOwn(b, mergeKey);
  if (left === undefined) throw noMergeKey(a, mergeKey);
  if (right === undefined) throw noMergeKey(b, mergeKey);
  return left === right;
}

function mergeList(
  current: readonly JsonValue[],
  change: readonly JsonValue[],
  meta: FieldMeta,
  isDeleteList: boolean,
): JsonValue[] {
  if (meta.strategy !== 'merge' && !isDeleteList) return change.map(withoutNulls);
  if (current.length === 0 && change.length === 0) return current as JsonValue[];
  if (elementKind(current, change) === 'scalar') {
    if (isDeleteList) {
      const unwanted = new Set(change);
      return current.filter((item) => !unwanted.has(item));
    }
    return orderMerged([...new Set([...current, ...change])], {
      mergeKey: meta.mergeKey,
      wanted: change,
      live: current,
    });
  }
  if (meta.mergeKey === '') throw failure(`cannot merge lists without merge key for ${schemaName(meta.schema)}`);
  return mergeItems(current as JsonObject[], change as JsonObject[], meta);
}

function schemaName(schema: Schema | undefined): string {
  return schema?.items?.type ?? 'Struct';
}

/** All items of the lists must be of one type, and must not be lists. */
function elementKind(...lists: readonly (readonly JsonValue[])[]): 'object' | 'scalar' {
  let kind: string | undefined;
  for (const list of lists) {
    for (const item of list) {
      const itemKind = item === null ? 'null' : kindOf(item);
      if (kind === undefined && itemKind === 'array') {
        throw new StrategicMergePatchError('unsupported', 'lists of lists are not supported');
      }
      kind ??= itemKind;
      if (itemKind === 'null' || itemKind !== kind) {
        throw failure(`list element types are not identical: ${goValue(lists as JsonValue)}`);
      }
    }
  }
  if (kind === undefined) throw failure('no elements in any of the given slices');
  return kind === 'object' ? 'object' : 'scalar';
}

function mergeItems(current: readonly JsonObject[], change: readonly JsonObject[], meta: FieldMeta): JsonValue[] {
  const { mergeKey } = meta;
  let live = current;
  let replaced = false;
  const plain: JsonObject[] = [];
  for (const item of change) {
    const directive = getOwn(item, DIRECTIVE);
    if (directive === undefined) plain.push(item);
    else if (directive === 'replace') replaced = true;
    else if (directive === 'delete') {
      const unwanted = getOwn(item, mergeKey);
      if (unwanted === undefined) throw noMergeKey(item, mergeKey);
      live = live.filter((known) => getOwn(known, mergeKey) !== unwanted);
    } else if (directive === 'merge') {
      throw failure('merging lists cannot yet be specified in the patch');
    } else {
      throw failure(`unknown patch type: ${goValue(directive)} in map: ${goValue(item)}`);
    }
  }
  if (replaced) return orderMerged(plain.map(withoutNulls), { mergeKey, wanted: [], live: plain });

  const merged: JsonObject[] = live.slice();
  const index = new Map<JsonValue, number>();
  for (let i = 0; i < merged.length; i++) {
    const key = getOwn(merged[i]!, mergeKey);
    if (key !== undefined && !index.has(key)) index.set(key, i);
  }
  for (const item of plain) {
    const key = getOwn(item, mergeKey);
    if (key === undefined) throw noMergeKey(item, mergeKey);
    const at = index.get(key);
    if (at !== undefined) {
      merged[at] = mergeMap(merged[at]!, item, meta.schema?.items);
    } else {
      index.set(key, merged.length);
      merged.push(withoutNulls(item) as JsonObject);
    }
  }
  return orderMerged(merged, { mergeKey, wanted: plain, live });
}
