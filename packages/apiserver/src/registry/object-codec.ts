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
  const { apiVersion, kind, metadata, ...rest } = object;
  const { resourceVersion: _, ...meta } = metadata;
  return encoder.encode(JSON.stringify({ apiVersion, kind, metadata: meta, ...rest }));
}

export function decodeObject(kv: Pick<KeyValue, 'value' | 'modRevision'>): KubeObject {
  const object = JSON.parse(decoder.decode(kv.value)) as KubeObject;
  object.metadata.resourceVersion = String(kv.modRevision);
  return object;
}

/** A stored value as JSON with its resource version, without parsing. */
export function spliceRevision(value: Uint8Array, revision: number): Buffer {
  const splice = findSplice(value, revision);
  const out = Buffer.allocUnsafe(splice.length);
  writeSplice(out, 0, splice);
  return out;
}

/** Where a resource version goes into a stored value. */
interface Splice {
  value: Uint8Array;
  at: number;
  insert: string;
  /** Of the result, in bytes. */
  length: number;
}

function findSplice(value: Uint8Array, revision: number): Splice {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const at = bytes.indexOf(metadataMark) + metadataMark.length;
  const insert = `"resourceVersion":"${revision}"${bytes[at] === 0x7d ? '' : ','}`;
  return { value: bytes, at, insert, length: bytes.length + insert.length };
}

/** Returns where the result ends. */
function writeSplice(out: Buffer, start: number, { value, at, insert, length }: Splice): number {
  // Both copies in one: the head is overwritten behind the place of the splice.
  out.set(value, start + insert.length);
  out.set(value.subarray(0, at), start);
  out.write(insert, start + at, 'latin1');
  return start + length;
}

const comma = 0x2c;

/** Stored values with their resource versions, between `head` and `tail` and separated by commas: one allocation for all. */
export function spliceAll(items: readonly { kv: Pick<KeyValue, 'value' | 'modRevision'> }[], head: Buffer, tail: Buffer): Buffer {
  const splices = items.map(({ kv }) => findSplice(kv.value, kv.modRevision));
  let size = head.length + tail.length + Math.max(0, splices.length - 1);
  for (const { length } of splices) size += length;
  const out = Buffer.allocUnsafe(size);
  out.set(head, 0);
  let end = head.length;
  for (let i = 0; i < splices.length; i++) {
    if (i > 0) out[end++] = comma;
    end = writeSplice(out, end, splices[i] as Splice);
  }
  out.set(tail, end);
  return out;
}
