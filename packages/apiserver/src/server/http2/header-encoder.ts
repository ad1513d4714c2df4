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
 * A header block for an answer. It needs no table of the peer's and so no state: fields are static entries or literals
 * without indexing. Source: RFC 7541, 6.1 and 6.2.2.
 */
export function encodeHeaders(status: number, headers: Readonly<Record<string, string>>): Buffer[] {
  const parts: Buffer[] = [encodeStatus(status)];
  for (const name in headers) parts.push(encodeField(name, headers[name] as string));
  return parts;
}

function encodeStatus(status: number): Buffer {
  const index = statusIndex.get(status);
  return index === undefined ? encodeField(':status', String(status)) : Buffer.from([0x80 | index]);
}

export function encodeField(name: string, value: string): Buffer {
  if (value.length > longestKnown || neverKnown.has(name)) return literal(name, value);
  const key = `${name}\n${value}`;
  let encoded = known.get(key);
  if (encoded === undefined) {
    encoded = literal(name, value);
    if (known.size >= maxKnown) known.clear();
    known.set(key, encoded);
  }
  return encoded;
}

function literal(name: string, value: string): Buffer {
  const index = nameIndex.get(name) ?? 0;
  const out = Buffer.allocUnsafe(12 + (index === 0 ? 6 + name.length : 0) + value.length);
  let at = writeInteger(out, 0, { bits: 4, flags: 0, value: index });
  if (index === 0) at = writeText(out, at, name.toLowerCase());
  at = writeText(out, at, value);
  return out.subarray(0, at);
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
