/** A copy of a JSON value that shares nothing with it. Properties that are `undefined` are left out. */
export function deepCopy<T>(value: T): T {
  return copy(value) as T;
}

function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = new Array<unknown>(value.length);
    for (let i = 0; i < value.length; i++) items[i] = copy(value[i]);
    return items;
  }
  const source = value as Record<string, unknown>;
  const result: Record<string, unknown> = {};
  for (const key in source) {
    const member = source[key];
    if (member === undefined) continue;
    if (key === '__proto__') {
      Object.defineProperty(result, key, { value: copy(member), writable: true, enumerable: true, configurable: true });
    } else result[key] = copy(member);
  }
  return result;
}
