import { deepEqual } from '../deep-equal.ts';
import type { JsonObject, JsonValue } from '../meta/object.ts';
import { isNumeric } from './go-format.ts';
import { getOwn, isJsonObject, jsonByteLength, setOwn } from './json-tree.ts';

/**
 * Why a JSON patch was refused, and with it the answer Kubernetes gives:
 * - `malformed`: not a list of operations; 400 BadRequest with this message.
 * - `tooManyOperations`: 413 RequestEntityTooLarge with this message.
 * - `testFailed`, `notApplicable`, `copyTooLarge`: 422 Invalid with the message "the server rejected our request due to
 *   an error in our request" (the text of this error is for logs).
 */
export type JsonPatchErrorKind = 'malformed' | 'tooManyOperations' | 'testFailed' | 'notApplicable' | 'copyTooLarge';

export class JsonPatchError extends Error {
  readonly kind: JsonPatchErrorKind;

  constructor(kind: JsonPatchErrorKind, message: string) {
    super(message);
    this.name = 'JsonPatchError';
    this.kind = kind;
  }
}

export interface JsonPatchOptions {
  /** Sum of the bytes that `copy` operations may add. Default 3 MiB, as in kube-apiserver. */
  maxCopyBytes?: number;
  /** Default 10 000, as in kube-apiserver. */
  maxOperations?: number;
  /**
   * Whether `/items/-1` names the last item. Default true: the library Kubernetes uses allows it unless told otherwise,
   * and kube-apiserver does not tell it.
   */
  negativeIndices?: boolean;
}

type Container = JsonObject | JsonValue[];

interface Place {
  parent: Container;
  key: string;
}

interface Run {
  document: Container;
  /** Containers made by this run and reachable once, which may therefore be changed in place; forgotten by a `copy`. */
  owned: Set<Container>;
  copied: number;
  maxCopyBytes: number;
  negativeIndices: boolean;
}

/**
 * Applies an RFC 6902 patch and returns the new document; neither argument is changed and untouched subtrees are shared.
 *
 * Follows github.com/evanphx/json-patch v4, whose deviations from the RFC are visible to clients: `replace` creates a
 * missing object member, `copy` of a missing member writes null, `test` for null accepts a missing member, the empty
 * path is known to `replace` and `test` only, and a path's first segment is ignored even where it is not empty.
 *
 * @throws JsonPatchError
 */
export function applyJsonPatch(document: JsonObject, patch: JsonValue, options: JsonPatchOptions = {}): JsonValue {
  const operations = decode(patch);
  const maxOperations = options.maxOperations ?? 10_000;
  if (operations.length > maxOperations) {
    throw new JsonPatchError(
      'tooManyOperations',
      `The allowed maximum operations in a JSON patch is ${maxOperations}, got ${operations.length}`,
    );
  }
  const run: Run = {
    document,
    owned: new Set(),
    copied: 0,
    maxCopyBytes: options.maxCopyBytes ?? 3 * 1024 * 1024,
    negativeIndices: options.negativeIndices ?? true,
  };
  for (const operation of operations) apply(run, operation);
  return run.document;
}

function decode(patch: JsonValue): readonly (JsonObject | null)[] {
  if (patch === null) return [];
  if (!Array.isArray(patch)) {
    throw new JsonPatchError(
      'malformed',
      `json: cannot unmarshal ${goKind(patch)} into Go value of type jsonpatch.Patch`,
    );
  }
  for (const operation of patch) {
    if (operation !== null && !isJsonObject(operation)) {
      throw new JsonPatchError(
        'malformed',
        `json: cannot unmarshal ${goKind(operation)} into Go value of type jsonpatch.Operation`,
      );
    }
  }
  return patch as (JsonObject | null)[];
}

function goKind(value: JsonValue): string {
  if (Array.isArray(value)) return 'array';
  if (isNumeric(value)) return 'number';
  return typeof value === 'boolean' ? 'bool' : typeof value;
}

function apply(run: Run, operation: JsonObject | null): void {
  const op = operation === null ? undefined : getOwn(operation, 'op');
  switch (op) {
    case 'add':
      add(run, operation!);
      return;
    case 'remove':
      remove(run, operation!);
      return;
    case 'replace':
      replace(run, operation!);
      return;
    case 'move':
      move(run, operation!);
      return;
    case 'copy':
      copy(run, operation!);
      return;
    case 'test':
      test(run, operation!);
      return;
    default:
      throw inapplicable(`Unexpected kind: ${typeof op === 'string' ? op : 'unknown'}`);
  }
}

function inapplicable(message: string): JsonPatchError {
  return new JsonPatchError('notApplicable', message);
}

function pointer(operation: JsonObject, member: 'path' | 'from'): string {
  const value = getOwn(operation, member);
  if (typeof value === 'string') return value;
  const op = String(operation.op);
  throw inapplicable(
    value === undefined || value === null
      ? missingMember(op, member)
      : `${op} operation failed to decode ${member}: json: cannot unmarshal ${goKind(value)} into Go value of type string`,
  );
}

function missingMember(op: string, member: 'path' | 'from'): string {
  if (member === 'path' && (op === 'add' || op === 'remove' || op === 'copy')) {
    return `${op} operation failed to decode path: missing value`;
  }
  const detail = member === 'path' ? 'operation missing path field' : 'operation, missing from field';
  return `${op} operation failed to decode ${member}: ${detail}: missing value`;
}

function add(run: Run, operation: JsonObject): void {
  const path = pointer(operation, 'path');
  const place = find(run, path, true);
  if (place === undefined)
    throw inapplicable(`add operation does not apply: doc is missing path: "${path}": missing value`);
  attempt(`error in add for path: '${path}'`, () => insert(run, place, getOwn(operation, 'value') ?? null));
}

function remove(run: Run, operation: JsonObject): void {
  const path = pointer(operation, 'path');
  const place = find(run, path, true);
  if (place === undefined) {
    throw inapplicable(`remove operation does not apply: doc is missing path: "${path}": missing value`);
  }
  attempt(`error in remove for path: '${path}'`, () => cut(run, place));
}

function replace(run: Run, operation: JsonObject): void {
  const path = pointer(operation, 'path');
  const value = getOwn(operation, 'value') ?? null;
  if (path === '') {
    if (typeof value !== 'object' || value === null) {
      throw inapplicable('replace operation value must be object or array');
    }
    run.document = value;
    return;
  }
  const place = find(run, path, true);
  if (place === undefined) {
    throw inapplicable(`replace operation does not apply: doc is missing path: ${path}: missing value`);
  }
  if (!Array.isArray(place.parent)) {
    setOwn(place.parent, place.key, value);
    return;
  }
  const index = existingIndex(run, place.parent, place.key);
  if (index === undefined) {
    throw inapplicable(`replace operation does not apply: doc is missing key: ${path}: missing value`);
  }
  place.parent[index] = value;
}

function move(run: Run, operation: JsonObject): void {
  const from = pointer(operation, 'from');
  const source = find(run, from, true);
  if (source === undefined) {
    throw inapplicable(`move operation does not apply: doc is missing from path: ${from}: missing value`);
  }
  const value = attempt(`error in move for path: '${source.key}'`, () => cut(run, source));
  const path = pointer(operation, 'path');
  const target = find(run, path, true);
  if (target === undefined) {
    throw inapplicable(`move operation does not apply: doc is missing destination path: ${path}: missing value`);
  }
  attempt(`error in move for path: '${path}'`, () => insert(run, target, value));
}

function copy(run: Run, operation: JsonObject): void {
  const from = pointer(operation, 'from');
  const source = find(run, from, false);
  if (source === undefined) {
    throw inapplicable(`copy operation does not apply: doc is missing from path: ${from}: missing value`);
  }
  const value = attempt(`error in copy for from: '${from}'`, () => read(run, source)) ?? null;
  if (typeof value === 'object' && value !== null) run.owned.clear();
  const path = pointer(operation, 'path');
  const target = find(run, path, true);
  if (target === undefined) {
    throw inapplicable(`copy operation does not apply: doc is missing destination path: ${path}: missing value`);
  }
  if (value !== null) run.copied += jsonByteLength(value);
  if (run.maxCopyBytes > 0 && run.copied > run.maxCopyBytes) {
    throw new JsonPatchError(
      'copyTooLarge',
      `Unable to complete the copy, the accumulated size increase of copy is ${run.copied}, exceeding the limit ${run.maxCopyBytes}`,
    );
  }
  attempt('error while adding value during copy', () => insert(run, target, value));
}

function test(run: Run, operation: JsonObject): void {
  const path = pointer(operation, 'path');
  const expected = getOwn(operation, 'value');
  let actual: JsonValue | undefined = run.document;
  if (path !== '') {
    const place = find(run, path, false);
    if (place === undefined) {
      throw inapplicable(`test operation does not apply: is missing path: ${path}: missing value`);
    }
    actual = attempt(`error in test for path: '${path}'`, () => read(run, place));
    if (actual === undefined || actual === null) {
      if (expected === undefined || expected === null) return;
    }
  }
  if (expected === undefined || !deepEqual(actual, expected)) {
    throw new JsonPatchError('testFailed', `testing value ${path} failed: test failed`);
  }
}

/** Runs one step and puts `where` before the reason why it is impossible. */
function attempt<T>(where: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (error instanceof JsonPatchError) throw new JsonPatchError(error.kind, `${where}: ${error.message}`);
    throw error;
  }
}

/** The container that holds what `path` names. With `writable`, it and all above it may be changed in place afterwards. */
function find(run: Run, path: string, writable: boolean): Place | undefined {
  const segments = path.split('/');
  if (segments.length < 2) return undefined;
  if (writable && !run.owned.has(run.document)) run.document = own(run, run.document);
  let current = run.document;
  for (let i = 1; i < segments.length - 1; i++) {
    const key = decodeSegment(segments[i]!);
    const slot = Array.isArray(current) ? existingIndex(run, current, key) : key;
    if (slot === undefined) return undefined;
    let next = Array.isArray(current) ? current[slot as number] : getOwn(current, slot as string);
    if (typeof next !== 'object' || next === null) return undefined;
    if (writable && !run.owned.has(next)) {
      next = own(run, next);
      if (Array.isArray(current)) current[slot as number] = next;
      else setOwn(current, slot as string, next);
    }
    current = next;
  }
  return { parent: current, key: decodeSegment(segments[segments.length - 1]!) };
}

function own(run: Run, container: Container): Container {
  const fresh = Array.isArray(container) ? container.slice() : { ...container };
  run.owned.add(fresh);
  return fresh;
}

function decodeSegment(segment: string): string {
  return segment.includes('~') ? segment.replaceAll(/~[01]/g, (m) => (m === '~1' ? '/' : '~')) : segment;
}

const INDEX = /^[+-]?[0-9]{1,15}$/;

function badIndex(key: string): string {
  return `strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`;
}

function parseIndex(key: string): number {
  if (!INDEX.test(key)) throw inapplicable(badIndex(key));
  return Number(key);
}

/** Index within `[0, size)`, resolving negative ones. */
function boundedIndex(run: Run, key: string, size: number): number {
  const index = parseIndex(key);
  const resolved = index < 0 && run.negativeIndices ? index + size : index;
  if (resolved < 0 || resolved >= size) {
    throw inapplicable(`Unable to access invalid index: ${index}: invalid index referenced`);
  }
  return resolved;
}

function existingIndex(run: Run, array: JsonValue[], key: string): number | undefined {
  try {
    return boundedIndex(run, key, array.length);
  } catch {
    return undefined;
  }
}

function read(run: Run, place: Place): JsonValue | undefined {
  if (!Array.isArray(place.parent)) return getOwn(place.parent, place.key);
  return place.parent[boundedIndex(run, place.key, place.parent.length)];
}

function insert(run: Run, place: Place, value: JsonValue): void {
  const { parent, key } = place;
  if (!Array.isArray(parent)) setOwn(parent, key, value);
  else if (key === '-') parent.push(value);
  else if (!INDEX.test(key)) throw inapplicable(`value was not a proper array index: '${key}': ${badIndex(key)}`);
  else parent.splice(boundedIndex(run, key, parent.length + 1), 0, value);
}

function cut(run: Run, place: Place): JsonValue {
  const { parent, key } = place;
  if (Array.isArray(parent)) return parent.splice(boundedIndex(run, key, parent.length), 1)[0]!;
  const value = getOwn(parent, key);
  if (value === undefined) throw inapplicable(`Unable to remove nonexistent key: ${key}: missing value`);
  delete parent[key];
  return value;
}
