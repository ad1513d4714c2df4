import { duplicate, invalidValue } from '../meta/field-error.ts';
import type { Schema } from './schema.ts';
import type { ValidationRun } from './validation-run.ts';

/** Uniqueness of the items of a list of type `set`, and of the keys of one of type `map`. */
export function validateListType(schema: Schema, items: readonly unknown[], run: ValidationRun): void {
  if (schema['x-kubernetes-list-type'] === 'set') {
    for (const index of repeated(items)) run.failLate(duplicate(`${run.pathText()}[${index}]`, items[index]));
    return;
  }
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    if (item !== null && (typeof item !== 'object' || Array.isArray(item))) {
      const rule = 'must be an object for an array of list-type map';
      run.failLate(invalidValue(`${run.pathText()}[${i}]`, item, rule));
      return;
    }
  }
  if (items.length < 2) return;
  const keyFields = schema['x-kubernetes-list-map-keys'] ?? [];
  const keys = items.map((item) => keyOf(item as Record<string, unknown> | null, keyFields));
  for (const index of repeated(keys)) run.failLate(duplicate(`${run.pathText()}[${index}]`, keys[index]));
}

function keyOf(item: Record<string, unknown> | null, fields: readonly string[]): Record<string, unknown> {
  const key: Record<string, unknown> = {};
  if (item === null) return key;
  for (const field of fields) if (item[field] !== undefined && Object.hasOwn(item, field)) key[field] = item[field];
  return key;
}

/** The index at which each value that occurs more than once is met for the second time. */
function repeated(items: readonly unknown[]): number[] {
  const seen = new Map<unknown, number>();
  const indices: number[] = [];
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    const id =
      typeof item === 'object' && item !== null
        ? `json:${canonical(item)}`
        : typeof item === 'string'
          ? `text:${item}`
          : item;
    const times = seen.get(id) ?? 0;
    if (times === 1) indices.push(i);
    seen.set(id, times + 1);
  }
  return indices;
}

/** JSON with sorted keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null)
    return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
  const object = value as Record<string, unknown>;
  const keys = Object.keys(object).filter((key) => object[key] !== undefined);
  return `{${keys
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(object[key])}`)
    .join(',')}}`;
}
