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
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const at = bytes.indexOf(metadataMark) + metadataMark.length;
  const comma = bytes[at] === 0x7d ? '' : ',';
  const insert = `"resourceVersion":"${revision}"${comma}`;
  const out = Buffer.allocUnsafe(bytes.length + insert.length);
  bytes.copy(out, 0, 0, at);
  out.write(insert, at, 'latin1');
  bytes.copy(out, at + insert.length, at);
  return out;
}
