import type { JsonObject, JsonValue } from '../meta/object.ts';

/** An object that is neither null nor an array. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value under `key`, or undefined; never something inherited from `Object.prototype`. */
export function getOwn(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** Sets an own property, also when the key is `__proto__`. */
export function setOwn(object: JsonObject, key: string, value: JsonValue): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[key] = value;
  }
}

/** Length in bytes of the compact JSON text that Go's `encoding/json` writes for `value` (it escapes `<`, `>` and `&`). */
export function jsonByteLength(value: JsonValue | undefined): number {
  switch (typeof value) {
    case 'string':
      return stringByteLength(value);
    case 'boolean':
      return value ? 4 : 5;
    case 'object': {
      if (value === null) return 4;
      let size = 2;
      if (Array.isArray(value)) {
        for (const item of value) size += jsonByteLength(item) + 1;
      } else {
        for (const key in value) {
          const member = value[key];
          if (member !== undefined) size += stringByteLength(key) + jsonByteLength(member) + 2;
        }
      }
      return size > 2 ? size - 1 : size;
    }
    default:
      return value === undefined ? 0 : String(value).length;
  }
}

function stringByteLength(text: string): number {
  let size = 2;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22 || c === 0x5c || (c >= 0x08 && c <= 0x0d && c !== 0x0b)) size += 2;
    else if (c < 0x20 || c === 0x3c || c === 0x3e || c === 0x26 || c === 0x2028 || c === 0x2029) size += 6;
    else if (c < 0x80) size += 1;
    else if (c < 0x800) size += 2;
    else if (c >= 0xd800 && c < 0xdc00) {
      size += 4;
      i++;
    } else size += 3;
  }
  return size;
}
