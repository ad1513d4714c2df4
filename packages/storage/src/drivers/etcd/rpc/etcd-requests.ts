import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

/**
 * What Canopy asks of etcd's gRPC API, version 3, as protobuf text. Field numbers: api/etcdserverpb/rpc.proto and
 * api/mvccpb/kv.proto of etcd, the same in 3.4 and in all later releases. Numbers that are 0 mean "not set".
 */
export interface RangeRequest {
  key: Uint8Array;
  rangeEnd?: Uint8Array;
  limit?: number;
  revision?: number;
  keysOnly?: boolean;
  countOnly?: boolean;
}

export interface PutRequest {
  key: Uint8Array;
  value: Uint8Array;
  lease: number;
}

export type TxnOperation =
  | { range: RangeRequest }
  | { put: PutRequest }
  | { delete: Uint8Array }
  /** A transaction within: without compares, all of these. */
  | { all: readonly TxnOperation[] };

/** The key's revision must equal this one; 0: there must be no such key. */
export interface TxnCompare {
  key: Uint8Array;
  target: 'create' | 'mod';
  revision: number;
}

export interface TxnRequest {
  compares: readonly TxnCompare[];
  success: readonly TxnOperation[];
  failure: readonly TxnOperation[];
}

export interface WatchCreateRequest {
  key: Uint8Array;
  rangeEnd?: Uint8Array;
  /** Events of this revision and later ones. */
  startRevision: number;
}

export function encodeRange(request: RangeRequest): Uint8Array {
  return writeRange(new BinaryWriter(), request).finish();
}

export function encodeTxn(request: TxnRequest): Uint8Array {
  return writeTxn(new BinaryWriter(), request).finish();
}

/** `physical`: answered when the space is free. */
export function encodeCompaction(revision: number): Uint8Array {
  return integer(integer(new BinaryWriter(), 1, revision), 2, 1).finish();
}

export function encodeLeaseGrant(id: number, ttlSeconds: number): Uint8Array {
  return integer(integer(new BinaryWriter(), 1, ttlSeconds), 2, id).finish();
}

/** Of LeaseRevokeRequest, LeaseKeepAliveRequest and LeaseTimeToLiveRequest alike. */
export function encodeLeaseId(id: number): Uint8Array {
  return integer(new BinaryWriter(), 1, id).finish();
}

/** With previous values, notifications of progress, and large answers in fragments. */
export function encodeWatchCreate({ key, rangeEnd, startRevision }: WatchCreateRequest): Uint8Array {
  const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).fork();
  keyRange(writer, key, rangeEnd);
  integer(writer, 3, startRevision);
  for (const flag of [4, 6, 8]) integer(writer, flag, 1);
  return writer.join().finish();
}

function integer(writer: BinaryWriter, field: number, value: number): BinaryWriter {
  return value === 0 ? writer : writer.tag(field, WireType.Varint).int64(value);
}

function bytes(writer: BinaryWriter, field: number, value: Uint8Array): BinaryWriter {
  return writer.tag(field, WireType.LengthDelimited).bytes(value);
}

function keyRange(writer: BinaryWriter, key: Uint8Array, rangeEnd: Uint8Array | undefined): void {
  bytes(writer, 1, key);
  if (rangeEnd !== undefined) bytes(writer, 2, rangeEnd);
}

function writeRange(writer: BinaryWriter, request: RangeRequest): BinaryWriter {
  keyRange(writer, request.key, request.rangeEnd);
  integer(writer, 3, request.limit ?? 0);
  integer(writer, 4, request.revision ?? 0);
  integer(writer, 8, request.keysOnly ? 1 : 0);
  return integer(writer, 9, request.countOnly ? 1 : 0);
}

function writeTxn(writer: BinaryWriter, { compares, success, failure }: TxnRequest): BinaryWriter {
  for (const compare of compares) writeCompare(writer.tag(1, WireType.LengthDelimited).fork(), compare).join();
  for (const operation of success) writeOperation(writer.tag(2, WireType.LengthDelimited).fork(), operation).join();
  for (const operation of failure) writeOperation(writer.tag(3, WireType.LengthDelimited).fork(), operation).join();
  return writer;
}

/** The result is EQUAL, which is 0. The revision is written even if 0: it is one of several fields, not a default. */
function writeCompare(writer: BinaryWriter, { key, target, revision }: TxnCompare): BinaryWriter {
  integer(writer, 2, target === 'create' ? 1 : 2);
  bytes(writer, 3, key);
  return writer.tag(target === 'create' ? 5 : 6, WireType.Varint).int64(revision);
}

function writeOperation(writer: BinaryWriter, operation: TxnOperation): BinaryWriter {
  if ('range' in operation) return writeRange(writer.tag(1, WireType.LengthDelimited).fork(), operation.range).join();
  if ('put' in operation) {
    const { key, value, lease } = operation.put;
    const inner = writer.tag(2, WireType.LengthDelimited).fork();
    return integer(bytes(bytes(inner, 1, key), 2, value), 3, lease).join();
  }
  if ('delete' in operation) return bytes(writer.tag(3, WireType.LengthDelimited).fork(), 1, operation.delete).join();
  const inner = { compares: [], success: operation.all, failure: [] };
  return writeTxn(writer.tag(4, WireType.LengthDelimited).fork(), inner).join();
}
