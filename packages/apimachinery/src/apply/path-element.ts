import { goNumber } from '../go-number.ts';
import { parseJson } from '../json.ts';
import type { JsonValue } from '../meta/object.ts';
import { isNumeric } from '../patch/go-format.ts';

/**
 * A path element in the serialised form of FieldsV1, which is also its identity here:
 * `f:<field name>`, `k:<JSON object of key fields, sorted by name>`, `v:<JSON scalar>` or `i:<index>`.
 */
export type PathElement = string;

interface KeyField {
  name: string;
  value: JsonValue;
}

const RANK: Record<string, number> = { '.': 0, f: 1, k: 2, v: 3, i: 4 };

/** Kubernetes' canonical order: fields by name, then keys, then values (numbers before strings before booleans), then indexes. */
export function comparePathElements(a: PathElement, b: PathElement): number {
  if (a === b) return 0;
  const kind = a[0]!;
  if (kind !== b[0]) return RANK[kind]! - RANK[b[0]!]!;
  if (kind === 'f') return compareText(a, b);
  if (kind === 'k') return compareKeys(keyFields(a), keyFields(b));
  if (kind === 'v') return compareValues(setValue(a), setValue(b));
  return Number(a.slice(2)) - Number(b.slice(2));
}

/** The item that a `v:` element stands for. */
function setValue(element: PathElement): JsonValue {
  if (element[2] === '"' && !element.includes('\\')) return element.slice(3, -1);
  return parseJson(element.slice(2)) as JsonValue;
}

/** Order of the UTF-8 bytes, which is code point order. */
export function compareText(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    let x = a.charCodeAt(i);
    let y = b.charCodeAt(i);
    if (x === y) continue;
    if (x >= 0xd800 && y >= 0xd800) {
      x = x >= 0xe000 ? x - 0x800 : x + 0x2000;
      y = y >= 0xe000 ? y - 0x800 : y + 0x2000;
    }
    return x - y;
  }
  return a.length - b.length;
}

function compareKeys(a: readonly KeyField[], b: readonly KeyField[]): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const order = compareText(a[i]!.name, b[i]!.name) || compareValues(a[i]!.value, b[i]!.value);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function valueRank(value: JsonValue): number {
  if (isNumeric(value)) return 0;
  if (typeof value === 'string') return 1;
  if (typeof value === 'boolean') return 2;
  if (Array.isArray(value)) return 3;
  return value === null ? 5 : 4;
}

function compareValues(a: JsonValue, b: JsonValue): number {
  const rank = valueRank(a);
  if (rank !== valueRank(b)) return rank - valueRank(b);
  if (rank === 0) return a! < b! ? -1 : Number(a! > b!);
  if (rank === 2) return Number(a) - Number(b);
  if (rank === 1) return compareText(a as string, b as string);
  return compareText(goJson(a), goJson(b));
}

const PARSED = new Map<PathElement, readonly KeyField[]>();
const PARSED_LIMIT = 8192;
const PARSED_MAX_LENGTH = 256;

/** The key fields of a `k:` element, sorted by name. */
export function keyFields(element: PathElement): readonly KeyField[] {
  let fields = PARSED.get(element);
  if (fields === undefined) {
    const object = parseJson(element.slice(2)) as Record<string, JsonValue>;
    fields = Object.keys(object).map((name) => ({ name, value: object[name]! }));
    if (element.length <= PARSED_MAX_LENGTH) {
      if (PARSED.size >= PARSED_LIMIT) PARSED.clear();
      PARSED.set(element, fields);
    }
  }
  return fields;
}

const ESCAPED = /[<>&\u2028\u2029\b\f]/;
const ESCAPE: Record<string, string> = { '\\b': '\\u0008', '\\f': '\\u000c' };

/** What is written as it is. */
const PLAIN = /^[\w ./:@=+-]*$/;

/** JSON text of a string with the escapes of Go's encoder, which also escapes `<`, `>` and `&`. */
export function goJsonString(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  const json = JSON.stringify(text);
  if (!ESCAPED.test(text)) return json;
  return json.replace(/\\(?:\\|")|\\b|\\f|[<>&\u2028\u2029]/g, (match) => {
    if (match.length > 1) return ESCAPE[match] ?? match;
    return `\\u${match.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** Compact JSON text with sorted keys and Go's escapes. */
export function goJson(value: JsonValue | undefined): string {
  if (typeof value === 'string') return goJsonString(value);
  if (typeof value !== 'object' || value === null) return String(value ?? null);
  if (Array.isArray(value)) return `[${value.map(goJson).join(',')}]`;
  const members = Object.keys(value)
    .filter((key) => value[key] !== undefined)
    .sort(compareText)
    .map((key) => `${goJsonString(key)}:${goJson(value[key])}`);
  return `{${members.join(',')}}`;
}

/**
 * The canonical form of an element that a client wrote, or undefined for a kind of element that is not known and must be
 * skipped.
 *
 * @throws Error if the element is malformed
 */
export function canonicalPathElement(element: string): PathElement | undefined {
  if (element.length < 2) throw new Error('key must be 2 characters long:');
  if (element[1] !== ':') throw new Error(`missing colon: ${element}`);
  const body = element.slice(2);
  switch (element[0]) {
    case 'f':
      return element;
    case 'v':
      return `v:${goJson(parseJson(body) as JsonValue)}`;
    case 'k': {
      const fields = parseJson(body);
      if (fields === null) return 'k:{}';
      if (typeof fields !== 'object' || Array.isArray(fields)) throw new Error(`expected an object: ${element}`);
      return `k:${goJson(fields as JsonValue)}`;
    }
    case 'i':
      if (!/^[+-]?[0-9]{1,15}$/.test(body)) throw new Error(`invalid index: ${element}`);
      return `i:${Number(body)}`;
    default:
      return undefined;
  }
}

/** How messages show the element: `.spec`, `[name="a"]`, `[="a"]`, `[0]`. */
export function pathElementText(element: PathElement): string {
  switch (element[0]) {
    case 'f':
      return `.${element.slice(2)}`;
    case 'k':
      return `[${keyFields(element)
        .map((field) => `${field.name}=${valueText(field.value)}`)
        .join(',')}]`;
    case 'v':
      return `[=${valueText(setValue(element))}]`;
    default:
      return `[${element.slice(2)}]`;
  }
}

function valueText(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(valueText).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    return Object.keys(value)
      .map((key) => `${key}=${valueText(value[key] ?? null)}`)
      .join('');
  }
  return isNumeric(value) ? goNumber(value) : JSON.stringify(value);
}
