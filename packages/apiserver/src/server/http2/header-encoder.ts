import { staticTable } from './hpack-tables.ts';

/** Index of the first static entry with a name. */
const nameIndex = new Map<string, number>();
/** Index of the static entry with a status. */
const statusIndex = new Map<number, number>();
staticTable.forEach(([name, value], i) => {
  if (!nameIndex.has(name)) nameIndex.set(name, i + 1);
  if (name === ':status') statusIndex.set(Number(value), i + 1);
});

/** Encoded fields that are sent again and again; names and values come from our own code, and few values are as short. */
const known = new Map<string, Buffer>();
const maxKnown = 500;
const longestKnown = 64;
/** Of the values that differ for each answer, which would fill the memory of the others. */
const neverKnown = new Set(['audit-id', 'content-length', 'warning', 'etag', 'location']);

/**
 * A header block for an answer, behind `room` bytes that are the caller's. It needs no table of the peer's and so no state:
 * fields are static entries or literals without indexing. Source: RFC 7541, 6.1 and 6.2.2.
 */
export function encodeHeaders(status: number, headers: Readonly<Record<string, string>>, room = 0): Buffer {
  let most = room + mostBytes('', ':status');
  for (const name in headers) most += mostBytes(name, headers[name] as string);
  const out = Buffer.allocUnsafe(most);
  let at = writeStatus(out, room, status);
  for (const name in headers) at = writeField(out, at, name, headers[name] as string);
  return out.subarray(0, at);
}

function writeStatus(out: Buffer, at: number, status: number): number {
  const index = statusIndex.get(status);
  if (index === undefined) return writeField(out, at, ':status', String(status));
  out[at] = 0x80 | index;
  return at + 1;
}

function writeField(out: Buffer, at: number, name: string, value: string): number {
  if (value.length > longestKnown || neverKnown.has(name)) return writeLiteral(out, at, name, value);
  const field = knownField(name, value);
  out.set(field, at);
  return at + field.length;
}

function knownField(name: string, value: string): Buffer {
  const key = `${name}\n${value}`;
  let encoded = known.get(key);
  if (encoded === undefined) {
    encoded = encodeField(name, value);
    if (known.size >= maxKnown) known.clear();
    known.set(key, encoded);
  }
  return encoded;
}

export function encodeField(name: string, value: string): Buffer {
  const out = Buffer.allocUnsafe(mostBytes(name, value));
  return out.subarray(0, writeLiteral(out, 0, name, value));
}

function mostBytes(name: string, value: string): number {
  return 18 + name.length + value.length;
}

function writeLiteral(out: Buffer, start: number, name: string, value: string): number {
  const index = nameIndex.get(name) ?? 0;
  let at = writeInteger(out, start, { bits: 4, flags: 0, value: index });
  if (index === 0) at = writeText(out, at, name.toLowerCase());
  return writeText(out, at, value);
}

function writeText(out: Buffer, start: number, text: string): number {
  const at = writeInteger(out, start, { bits: 7, flags: 0, value: text.length });
  if (text.length > longestKnown) return at + out.write(text, at, 'latin1');
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i);
  return at + text.length;
}

function writeInteger(out: Buffer, start: number, { bits, flags, value }: PrefixedInteger): number {
  const most = (1 << bits) - 1;
  if (value < most) {
    out[start] = flags | value;
    return start + 1;
  }
  out[start] = flags | most;
  let at = start + 1;
  let rest = value - most;
  for (; rest >= 0x80; rest >>>= 7) out[at++] = (rest & 0x7f) | 0x80;
  out[at++] = rest;
  return at;
}

interface PrefixedInteger {
  /** Bits of the first octet that belong to the integer. */
  bits: number;
  flags: number;
  value: number;
}
