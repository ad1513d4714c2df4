import type { JsonObject, JsonValue } from '../meta/object.ts';
import { canonicalPathElement, comparePathElements, type PathElement, pathElementText } from './path-element.ts';

/**
 * A set of field paths in the very shape of FieldsV1, so that reading and writing managedFields costs nothing.
 *
 * A node maps path elements to nodes. A node without entries is a member without children; `.` as the first entry marks a
 * member that has children; anything else only leads to members below. Entries stand in canonical order. The root stands
 * for the object itself, which is never a member: the empty root is the empty set. Nodes are immutable and shared.
 */
export interface FieldSet {
  readonly [element: PathElement]: FieldSet;
}

type Draft = Record<PathElement, FieldSet>;

export const EMPTY_SET: FieldSet = Object.freeze({});
/** A member without children. */
export const LEAF: FieldSet = EMPTY_SET;

export function isEmptySet(set: FieldSet): boolean {
  for (const _ in set) return false;
  return true;
}

/** Whether the path that leads to this node (not the root) is in the set. */
export function isMember(node: FieldSet): boolean {
  for (const first in node) return first === '.';
  return true;
}

/** `children` as a node that is a member itself. */
export function asMember(children: FieldSet): FieldSet {
  return isMember(children) ? children : { '.': LEAF, ...children };
}

/** The node's children; `.` is left out. */
export function withoutSelf(node: FieldSet): FieldSet {
  if (node['.'] === undefined) return node;
  const { '.': _, ...children } = node;
  return children;
}

/** The node with its entries in canonical order. Works in place where they already are. */
export function ordered(node: Draft): FieldSet {
  let previous: PathElement | undefined;
  for (const element in node) {
    if (previous !== undefined && comparePathElements(previous, element) > 0) {
      const sorted: Draft = {};
      for (const key of Object.keys(node).sort(comparePathElements)) sorted[key] = node[key]!;
      return sorted;
    }
    previous = element;
  }
  return node;
}

export function fieldSetsEqual(a: FieldSet, b: FieldSet): boolean {
  if (a === b) return true;
  let count = 0;
  for (const element in a) {
    const other = b[element];
    if (other === undefined || !fieldSetsEqual(a[element]!, other)) return false;
    count++;
  }
  for (const _ in b) count--;
  return count === 0;
}

/** Paths in `a` or `b`. */
export function union(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b || isEmptySet(b)) return a;
  if (isEmptySet(a)) return b;
  return unionEntries(a, b);
}

function unionEntries(a: FieldSet, b: FieldSet): FieldSet {
  let result: Draft | undefined;
  let unsorted = false;
  for (const element in b) {
    const theirs = b[element]!;
    const ours = a[element];
    const node = ours === undefined ? theirs : unionNodes(ours, theirs);
    if (node === ours) continue;
    if (ours === undefined) unsorted = true;
    result ??= { ...a };
    result[element] = node;
  }
  if (result === undefined) return a;
  return unsorted ? ordered(result) : result;
}

/** Union of two nodes at the same path; each may be a member. */
export function unionNodes(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a;
  if (isEmptySet(b)) return asMember(a);
  if (isEmptySet(a)) return asMember(b);
  return unionEntries(a, b);
}

/** Paths in both. */
export function intersection(a: FieldSet, b: FieldSet): FieldSet {
  const result: Draft = {};
  for (const element in a) {
    if (element === '.') continue;
    const theirs = b[element];
    if (theirs === undefined) continue;
    const ours = a[element]!;
    const children = ours === LEAF || theirs === LEAF ? EMPTY_SET : intersection(ours, theirs);
    const member = isMember(ours) && isMember(theirs);
    if (!isEmptySet(children)) result[element] = member ? asMember(children) : children;
    else if (member) result[element] = LEAF;
  }
  return result;
}

/** Paths in `a` that are not in `b`; what lies below a path of `b` stays. Returns `a` itself if nothing goes. */
export function difference(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, false);
}

/** Paths in `a` that are neither in `b` nor below a path in `b`. Returns `a` itself if nothing goes. */
export function recursiveDifference(a: FieldSet, b: FieldSet): FieldSet {
  return subtract(a, b, true);
}

function subtract(a: FieldSet, b: FieldSet, recursive: boolean): FieldSet {
  if (a === b) return EMPTY_SET;
  let result: Draft | undefined;
  for (const element in a) {
    const ours = a[element]!;
    const theirs = element === '.' ? undefined : b[element];
    const rest = theirs === undefined ? ours : subtractNode(ours, theirs, recursive);
    if (rest !== ours) result ??= entriesBefore(a, element);
    if (result !== undefined && rest !== undefined) result[element] = rest;
  }
  return result ?? a;
}

/** What is left is made anew: objects from which something was deleted are slow to work with. */
function entriesBefore(node: FieldSet, end: PathElement): Draft {
  const entries: Draft = {};
  for (const element in node) {
    if (element === end) break;
    entries[element] = node[element]!;
  }
  return entries;
}

function subtractNode(ours: FieldSet, theirs: FieldSet, recursive: boolean): FieldSet | undefined {
  const takesMember = isMember(theirs);
  if (takesMember && recursive) return undefined;
  const member = isMember(ours);
  const children = isEmptySet(ours) || isEmptySet(theirs) ? ours : subtract(ours, theirs, recursive);
  if (!(takesMember && member)) {
    if (children === ours) return ours;
    const rest = withoutSelf(children);
    if (isEmptySet(rest)) return member ? LEAF : undefined;
    return children;
  }
  const rest = withoutSelf(children);
  return isEmptySet(rest) ? undefined : rest;
}

/** The paths as messages show them, those of a level before those below it. */
export function fieldPaths(set: FieldSet): string[] {
  const paths: string[] = [];
  collectPaths(set, '', paths);
  return paths;
}

function collectPaths(set: FieldSet, prefix: string, paths: string[]): void {
  for (const element in set) {
    if (element !== '.' && isMember(set[element]!)) paths.push(prefix + pathElementText(element));
  }
  for (const element in set) {
    if (element !== '.' && !isEmptySet(set[element]!)) {
      collectPaths(set[element]!, prefix + pathElementText(element), paths);
    }
  }
}

/**
 * The set that a `fieldsV1` value from outside stands for, in canonical form. Elements of unknown kinds are dropped, as
 * they may come from a newer version.
 *
 * @throws Error if it is malformed
 */
export function parseFieldSet(fields: JsonObject | undefined): FieldSet {
  if (fields === undefined) return EMPTY_SET;
  const root = parseEntries(fields);
  if (root['.'] === undefined) return root;
  const { '.': _, ...rest } = root;
  return rest;
}

function parseEntries(fields: JsonValue): FieldSet {
  if (fields === null) return LEAF;
  if (typeof fields !== 'object' || Array.isArray(fields)) throw new Error('expected an object of path elements');
  let self = false;
  const node: Record<string, FieldSet> = {};
  for (const key in fields) {
    const below = fields[key];
    if (below === undefined) continue;
    if (key === '.') {
      self = true;
      continue;
    }
    const element = canonicalPathElement(key);
    if (element === undefined) continue;
    const child = parseEntries(below);
    const known = node[element];
    node[element] = known === undefined ? child : unionNodes(known, child);
  }
  const children = ordered(node);
  return self && !isMember(children) ? { '.': LEAF, ...children } : children;
}
