import { deepEqual } from '../deep-equal.ts';
import type { JsonObject, JsonValue } from '../meta/object.ts';
import { getOwn, isJsonObject, setOwn } from './json-tree.ts';

/** The patch document is not a JSON object; Kubernetes answers 400 BadRequest with this message. */
export class MergePatchError extends Error {
  constructor() {
    super('Invalid JSON Patch');
    this.name = 'MergePatchError';
  }
}

/**
 * Applies an RFC 7386 merge patch. Returns `document` itself if nothing changes, else a new object that shares untouched
 * subtrees. As in the library Kubernetes uses, nulls are also dropped from objects inside of arrays, unless the array
 * replaces an object.
 *
 * @throws MergePatchError if `patch` is not an object
 */
export function applyMergePatch(document: JsonObject, patch: JsonValue): JsonObject {
  if (!isJsonObject(patch)) throw new MergePatchError();
  return mergeObjects(document, patch);
}

function mergeObjects(target: JsonObject, patch: JsonObject): JsonObject {
  let result = target;
  for (const key in patch) {
    const change = patch[key];
    if (change === undefined) continue;
    const current = getOwn(target, key);
    if (change === null) {
      if (current === undefined) continue;
      if (result === target) result = { ...target };
      delete result[key];
      continue;
    }
    const merged = isJsonObject(current) ? mergeInto(current, change) : withoutNulls(change);
    if (merged === current || deepEqual(merged, current)) continue;
    if (result === target) result = { ...target };
    setOwn(result, key, merged);
  }
  return result;
}

function mergeInto(current: JsonObject, change: JsonValue): JsonValue {
  return isJsonObject(change) ? mergeObjects(current, change) : change;
}

function withoutNulls(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    let changed = false;
    const items = value.map((item) => {
      const clean = withoutNulls(item);
      changed ||= clean !== item;
      return clean;
    });
    return changed ? items : value;
  }
  let result = value;
  for (const key in value) {
    const member = value[key];
    const clean = member === undefined ? null : withoutNulls(member);
    if (clean === member && clean !== null) continue;
    if (result === value) result = { ...value };
    if (clean === null) delete result[key];
    else setOwn(result, key, clean);
  }
  return result;
}

/**
 * The smallest merge patch that turns `original` into `modified`. Arrays are replaced as a whole. Members of `modified`
 * that are null cannot be expressed and come out as removals (RFC 7386, section 1).
 */
export function createMergePatch(original: JsonObject, modified: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const key in original) {
    if (original[key] !== undefined && getOwn(modified, key) === undefined) setOwn(patch, key, null);
  }
  for (const key in modified) {
    const after = modified[key];
    if (after === undefined) continue;
    const before = getOwn(original, key);
    if (isJsonObject(before) && isJsonObject(after)) {
      const inner = createMergePatch(before, after);
      for (const _ in inner) {
        setOwn(patch, key, inner);
        break;
      }
    } else if (!deepEqual(before, after)) {
      setOwn(patch, key, after);
    }
  }
  return patch;
}
