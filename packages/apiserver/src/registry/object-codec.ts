import type { KubeObject } from '@canopy/apimachinery';
import type { KeyValue } from '@canopy/storage';

/**
 * Objects are stored as JSON text without `metadata.resourceVersion`: the store assigns revisions while it commits, and
 * readers splice them in. `apiVersion`, `kind` and `metadata` come first, so the place to splice is found by looking at
 * the head of the bytes and nothing needs to be parsed.
 */
const metadataMark = Buffer.from('"metadata":{');
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Stored form. `metadata.resourceVersion` of the input is ignored. */
export function encodeObject(object: KubeObject): Uint8Array {
  const ordered = inStoredOrder(object);
  if (ordered.metadata.resourceVersion === undefined) return encoder.encode(JSON.stringify(ordered));
  return encoder.encode(JSON.stringify({ ...ordered, metadata: { ...ordered.metadata, resourceVersion: undefined } }));
}

const leading = ['apiVersion', 'kind', 'metadata'];

/** The object, or a shallow copy, with `apiVersion`, `kind` and `metadata` first, as the splice of the resource version needs it. */
export function inStoredOrder(object: KubeObject): KubeObject {
  let at = 0;
  for (const field in object) {
    if (field !== leading[at]) break;
    at += 1;
    if (at === leading.length) return object;
  }
  const { apiVersion, kind, metadata, ...rest } = object;
  return { apiVersion, kind, metadata, ...rest };
}

export function decodeObject(kv: Pick<KeyValue, 'value' | 'modRevision'>): KubeObject {
  const object = JSON.parse(decoder.decode(kv.value)) as KubeObject;
  object.metadata.resourceVersion = String(kv.modRevision);
  return object;
}

/** A stored value as JSON with its resource version, without parsing. */
export function spliceRevision(value: Uint8Array, revision: number): Buffer {
  const at = metadataStart(value);
  const insert = insertOf(value, at, revision);
  const out = Buffer.allocUnsafe(value.byteLength + insert.length);
  writeSplice(out, 0, { value, at, insert });
  return out;
}

/** Where the first field of `metadata` begins. Near the start: a loop beats a search by native code, which needs a view. */
function metadataStart(value: Uint8Array): number {
  const first = metadataMark[0];
  for (let at = 0; at < value.length; at++) {
    if (value[at] === first && isMarkAt(value, at)) return at + metadataMark.length;
  }
  throw new Error('a stored object has no metadata');
}

function isMarkAt(value: Uint8Array, at: number): boolean {
  for (let i = 1; i < metadataMark.length; i++) if (value[at + i] !== metadataMark[i]) return false;
  return true;
}

function insertOf(value: Uint8Array, at: number, revision: number): string {
  return `"resourceVersion":"${revision}"${value[at] === closingBrace ? '' : ','}`;
}

const closingBrace = 0x7d;
const comma = 0x2c;

/** Where a resource version, in ASCII, goes into a stored value. */
interface Splice {
  value: Uint8Array;
  at: number;
  insert: string;
}

/** Returns where the result ends. The head and the insert are short: a loop beats a call for each. */
function writeSplice(out: Uint8Array, start: number, { value, at, insert }: Splice): number {
  out.set(value, start + insert.length);
  for (let i = 0; i < at; i++) out[start + i] = value[i] as number;
  for (let i = 0; i < insert.length; i++) out[start + at + i] = insert.charCodeAt(i);
  return start + value.byteLength + insert.length;
}

/** Stored values with their resource versions, between `head` and `tail` and separated by commas: one allocation for all. */
export function spliceAll(
  items: readonly { kv: Pick<KeyValue, 'value' | 'modRevision'> }[],
  head: Buffer,
  tail: Buffer,
): Buffer {
  const { splices, bytes } = splicesOf(items);
  const out = Buffer.allocUnsafe(bytes + head.length + tail.length + Math.max(0, items.length - 1));
  out.set(head, 0);
  let end = head.length;
  for (let i = 0; i < splices.length; i++) {
    if (i > 0) out[end++] = comma;
    end = writeSplice(out, end, splices[i] as Splice);
  }
  out.set(tail, end);
  return out;
}

/** Stored values with their resource versions, each between its own head and `tail`: one allocation for all. */
export function spliceFrames(
  items: readonly { kv: Pick<KeyValue, 'value' | 'modRevision'> }[],
  heads: readonly Buffer[],
  tail: Buffer,
): Buffer {
  const { splices, bytes } = splicesOf(items);
  let size = bytes + tail.length * items.length;
  for (const head of heads) size += head.length;
  const out = Buffer.allocUnsafe(size);
  let end = 0;
  for (let i = 0; i < splices.length; i++) {
    const head = heads[i] as Buffer;
    out.set(head, end);
    end = writeSplice(out, end + head.length, splices[i] as Splice);
    out.set(tail, end);
    end += tail.length;
  }
  return out;
}

function splicesOf(items: readonly { kv: Pick<KeyValue, 'value' | 'modRevision'> }[]): {
  splices: Splice[];
  bytes: number;
} {
  const splices: Splice[] = [];
  let bytes = 0;
  let before: Splice | undefined;
  for (const { kv } of items) {
    const { value } = kv;
    // Objects of one collection mostly begin alike, up to their metadata.
    const at = before !== undefined && beginsAlike(value, before.value, before.at) ? before.at : metadataStart(value);
    before = { value, at, insert: insertOf(value, at, kv.modRevision) };
    splices.push(before);
    bytes += value.byteLength + before.insert.length;
  }
  return { splices, bytes };
}

function beginsAlike(value: Uint8Array, other: Uint8Array, length: number): boolean {
  for (let i = 0; i < length; i++) if (value[i] !== other[i]) return false;
  return true;
}
