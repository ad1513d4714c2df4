import { deepCopy } from '../deep-copy.ts';
import type { JsonObject, JsonValue } from '../meta/object.ts';
import type { SchemaNode } from './schema-node.ts';

/**
 * Fills in the defaults of `value` and everything below it, in place, and removes nulls of fields that are neither
 * nullable nor defaulted. Source: Kubernetes documentation, "Defaulting and nullable".
 */
export function applyDefaults(value: JsonValue | undefined, node: SchemaNode): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) defaultItems(value, node);
  else defaultMembers(value, node);
}

function defaultItems(items: JsonValue[], node: SchemaNode): void {
  const child = node.items;
  if (child === undefined) return;
  const fallback = child.schema.default;
  for (let i = 0; i < items.length; i++) {
    if (items[i] === null && fallback !== undefined && !child.nullable) items[i] = deepCopy(fallback);
    applyDefaults(items[i], child);
  }
}

function defaultMembers(object: JsonObject, node: SchemaNode): void {
  for (const { name, value, nullable } of node.defaultedProperties) {
    const current = Object.hasOwn(object, name) ? object[name] : undefined;
    if (current === undefined || (current === null && !nullable)) object[name] = deepCopy(value);
  }
  for (const key in object) {
    const member = object[key];
    if (typeof member !== 'object') continue;
    const child = node.member(key);
    if (child === undefined) continue;
    if (member !== null) applyDefaults(member, child);
    else if (!child.nullable) {
      const fallback = child.schema.default;
      if (fallback === undefined || fallback === null) delete object[key];
      else {
        object[key] = deepCopy(fallback);
        applyDefaults(object[key], child);
      }
    }
  }
}
