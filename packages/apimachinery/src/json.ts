import { badRequest } from './meta/status-error.ts';

/** How deep arrays and objects may be nested. */
export const maxJsonDepth = 10_000;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Sixteen digits in a row, or an exponent of three, where a number may stand: what a double may not be able to hold. */
const longDigits = /(?:[[:,\s-]|^)[0-9]{16}|[0-9][eE]\+?[0-9]{3}/;

/**
 * Parses one JSON document. Integers beyond ±(2^53 - 1) that fit into 64 bits become BigInts, so that int64 values
 * survive; `JSON.stringify` writes them as numbers again, for this module gives `BigInt.prototype` a `toJSON`. All other
 * numbers are JavaScript numbers (`1.0` is 1, `1e400` is refused).
 *
 * @throws StatusError 400 with the reason, for malformed text, trailing data, invalid UTF-8 or too deep nesting
 */
export function parseJson(input: string | Uint8Array): unknown {
  const text = typeof input === 'string' ? input : decode(input);
  let value: unknown;
  try {
    value = longDigits.test(text) ? JSON.parse(text, keepBigIntegers) : JSON.parse(text);
  } catch (error) {
    if (error instanceof RangeError) throw tooDeep();
    throw badRequest(`invalid JSON: ${(error as Error).message}`);
  }
  if (text.length > 2 * maxJsonDepth && nestingExceeds(text, maxJsonDepth)) throw tooDeep();
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw badRequest('invalid JSON: the text is not valid UTF-8');
  }
}

function tooDeep(): Error {
  return badRequest(`invalid JSON: exceeded max depth of ${maxJsonDepth}`);
}

function keepBigIntegers(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source;
  if (!Number.isFinite(value)) throw new SyntaxError(`number ${source ?? ''} is out of range`);
  if (source === undefined || source.length > 20 || !/^-?[0-9]+$/.test(source)) return value;
  const exact = BigInt(source);
  return BigInt.asIntN(64, exact) === exact ? exact : value;
}

interface RawJson {
  rawJSON(text: string): unknown;
}

// JSON.stringify asks BigInts for toJSON; without one it throws.
if (!('toJSON' in BigInt.prototype)) {
  Object.defineProperty(BigInt.prototype, 'toJSON', {
    value: function toJSON(this: bigint): unknown {
      const { rawJSON } = JSON as unknown as Partial<RawJson>;
      return rawJSON === undefined ? Number(this) : rawJSON(String(this));
    },
    configurable: true,
    writable: true,
  });
}

function nestingExceeds(text: string, limit: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) i = endOfString(text, i);
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > limit) return true;
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
  return false;
}

/** Index of the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end > 0) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return end;
    end = text.indexOf('"', end + 1);
  }
  return text.length;
}

/** One open object or array of {@link findDuplicateKeys}. */
interface Frame {
  /** Path of the container; empty for the document. */
  path: string;
  /** Keys seen so far; undefined for an array. */
  keys: Set<string> | undefined;
  /** The current key, or index. */
  step: string | number;
}

/**
 * Paths of the keys that occur more than once in an object (`spec.foo`, `spec.list[2].bar`), each once, in the order of
 * the text, which must be valid JSON.
 */
export function findDuplicateKeys(text: string): string[] {
  const found = new Set<string>();
  const stack: Frame[] = [];
  let frame: Frame | undefined;
  let expectKey = false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) {
      const end = endOfString(text, i);
      if (expectKey && frame?.keys !== undefined) {
        const key = keyOf(text, i, end);
        frame.step = key;
        if (frame.keys.has(key)) found.add(childPath(frame));
        else frame.keys.add(key);
        expectKey = false;
      }
      i = end;
    } else if (c === 0x7b || c === 0x5b) {
      const path = frame === undefined ? '' : childPath(frame);
      expectKey = c === 0x7b;
      frame = { path, keys: expectKey ? new Set() : undefined, step: 0 };
      stack.push(frame);
    } else if (c === 0x7d || c === 0x5d) {
      stack.pop();
      frame = stack.at(-1);
      expectKey = false;
    } else if (c === 0x2c && frame !== undefined) {
      if (frame.keys === undefined) frame.step = (frame.step as number) + 1;
      else expectKey = true;
    }
  }
  return [...found];
}

function keyOf(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  return raw.includes('\\') ? (JSON.parse(text.slice(start, end + 1)) as string) : raw;
}

function childPath(frame: Frame): string {
  if (typeof frame.step === 'number') return `${frame.path}[${frame.step}]`;
  return frame.path === '' ? frame.step : `${frame.path}.${frame.step}`;
}
