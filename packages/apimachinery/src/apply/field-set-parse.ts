import type { JsonObject, JsonValue } from '../meta/object.ts';
import { EMPTY_SET, type FieldSet, isMember, LEAF, ordered, unionNodes } from './field-set.ts';
import { canonicalPathElement } from './path-element.ts';

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
