import type { IndexEntry, KeyValue, LeaseId, StorageKey } from '../../storage.ts';
import { StorageError } from '../../storage-error.ts';
import type { RevisionScale } from './revision-scale.ts';
import type { EtcdKeyValue } from './rpc/etcd-responses.ts';

/**
 * What stands at a key in etcd besides the value. A value in etcd is: one byte with the format's version; the number of
 * changes that followed in the transaction that wrote it; the same of the transaction that created the object; the
 * number of index rows; of each row index and value, each with its length before it; then Canopy's value. Numbers are
 * varints, texts are UTF-8.
 */
export interface ObjectState {
  /** etcd's revision of the last change; 0: there is no such object, and the rest means nothing. */
  modified: number;
  following: number;
  /** etcd's revision of the creation. */
  created: number;
  createdFollowing: number;
  rows: readonly IndexEntry[];
  lease: LeaseId | 0;
}

export const absent: ObjectState = {
  modified: 0,
  following: 0,
  created: 0,
  createdFollowing: 0,
  rows: [],
  lease: 0,
};

const formatVersion = 1;

export function encodeObject(
  value: Uint8Array,
  header: Pick<ObjectState, 'following' | 'createdFollowing' | 'rows'>,
): Uint8Array {
  const texts = header.rows.flatMap((row) => [Buffer.from(row.index), Buffer.from(row.value)]);
  const start: number[] = [formatVersion];
  for (const number of [header.following, header.createdFollowing, header.rows.length]) pushVarint(start, number);
  const parts: Uint8Array[] = [Uint8Array.from(start)];
  for (const text of texts) {
    const length: number[] = [];
    pushVarint(length, text.byteLength);
    parts.push(Uint8Array.from(length), text);
  }
  parts.push(value);
  return Buffer.concat(parts);
}

function pushVarint(target: number[], value: number): void {
  let rest = value;
  for (; rest > 127; rest >>>= 7) target.push((rest & 127) | 128);
  target.push(rest);
}

/** Inverse of {@link encodeObject}. `StorageFailed` for what Canopy did not write. */
export function decodeObject(key: StorageKey, item: EtcdKeyValue): { state: ObjectState; value: Uint8Array } {
  const bytes = item.value;
  let at = 1;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 32; shift += 7) {
      const byte = bytes[at++] ?? Number.NaN;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    throw foreign(key);
  };
  const text = (): string => {
    const length = varint();
    at += length;
    if (at > bytes.byteLength) throw foreign(key);
    return Buffer.from(bytes.buffer, bytes.byteOffset + at - length, length).toString('utf8');
  };
  if (bytes[0] !== formatVersion) throw foreign(key);
  const following = varint();
  const createdFollowing = varint();
  const count = varint();
  if (count > bytes.byteLength) throw foreign(key);
  const rows = Array.from({ length: count }, () => ({ index: text(), value: text() }));
  return {
    state: {
      modified: item.modRevision,
      following,
      created: item.createRevision,
      createdFollowing,
      rows,
      lease: item.lease,
    },
    value: bytes.subarray(at),
  };
}

function foreign(key: string): StorageError {
  return new StorageError('StorageFailed', `what etcd has at ${key} was not written by this version of Canopy`);
}

export function toKeyValue(scale: RevisionScale, key: StorageKey, state: ObjectState, value: Uint8Array): KeyValue {
  return {
    key,
    value,
    modRevision: scale.toRevision(state.modified, state.following),
    createRevision: scale.toRevision(state.created, state.createdFollowing),
  };
}
