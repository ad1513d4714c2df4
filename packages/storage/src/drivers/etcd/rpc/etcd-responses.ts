import { BinaryReader } from '@bufbuild/protobuf/wire';

/** What etcd answers, as far as Canopy looks at it. Field numbers as in `etcd-requests.ts`. */
export interface EtcdKeyValue {
  key: Uint8Array;
  createRevision: number;
  modRevision: number;
  value: Uint8Array;
  lease: number;
}

export interface ClusterState {
  /** Made of the members' names and peer URLs when the cluster was started, so two may have the same. */
  id: string;
  /** Newest revision when it answered. */
  revision: number;
}

export interface RangeResponse {
  /** Newest revision of etcd when it answered, whatever revision was read. */
  revision: number;
  items: EtcdKeyValue[];
  more: boolean;
  count: number;
}

export interface TxnResponse {
  revision: number;
  succeeded: boolean;
  /** One per operation; undefined for those that are no range. */
  ranges: (RangeResponse | undefined)[];
}

export interface EtcdEvent {
  type: 'put' | 'delete';
  item: EtcdKeyValue;
  previous: EtcdKeyValue | undefined;
}

export interface WatchResponse {
  revision: number;
  created: boolean;
  canceled: boolean;
  /** Not 0: what was to be watched is gone up to this revision. */
  compactRevision: number;
  cancelReason: string;
  /** More events of the same revisions follow. */
  fragment: boolean;
  events: EtcdEvent[];
}

/** Calls `field` for each field; what it does not read, it must leave by returning false. */
function eachField(bytes: Uint8Array, field: (number: number, reader: BinaryReader) => boolean): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (!field(number, reader)) reader.skip(wireType, number);
  }
}

function decodeHeader(bytes: Uint8Array): number {
  let revision = 0;
  eachField(bytes, (number, reader) => {
    if (number !== 3) return false;
    revision = Number(reader.int64());
    return true;
  });
  return revision;
}

const nothing = new Uint8Array();

function decodeKeyValue(bytes: Uint8Array): EtcdKeyValue {
  const item: EtcdKeyValue = { key: nothing, createRevision: 0, modRevision: 0, value: nothing, lease: 0 };
  eachField(bytes, (number, reader) => {
    if (number === 1) item.key = reader.bytes();
    else if (number === 2) item.createRevision = Number(reader.int64());
    else if (number === 3) item.modRevision = Number(reader.int64());
    else if (number === 5) item.value = reader.bytes();
    else if (number === 6) item.lease = Number(reader.int64());
    else return false;
    return true;
  });
  return item;
}

export function decodeRange(bytes: Uint8Array): RangeResponse {
  const response: RangeResponse = { revision: 0, items: [], more: false, count: 0 };
  eachField(bytes, (number, reader) => {
    if (number === 1) response.revision = decodeHeader(reader.bytes());
    else if (number === 2) response.items.push(decodeKeyValue(reader.bytes()));
    else if (number === 3) response.more = reader.bool();
    else if (number === 4) response.count = Number(reader.int64());
    else return false;
    return true;
  });
  return response;
}

export function decodeTxn(bytes: Uint8Array): TxnResponse {
  const response: TxnResponse = { revision: 0, succeeded: false, ranges: [] };
  eachField(bytes, (number, reader) => {
    if (number === 1) response.revision = decodeHeader(reader.bytes());
    else if (number === 2) response.succeeded = reader.bool();
    else if (number === 3) response.ranges.push(decodeOperation(reader.bytes()));
    else return false;
    return true;
  });
  return response;
}

function decodeOperation(bytes: Uint8Array): RangeResponse | undefined {
  let range: RangeResponse | undefined;
  eachField(bytes, (number, reader) => {
    if (number !== 1) return false;
    range = decodeRange(reader.bytes());
    return true;
  });
  return range;
}

/** Of LeaseKeepAliveResponse: seconds left, 0 when there is no such lease. */
export function decodeTimeToLive(bytes: Uint8Array): number {
  let seconds = 0;
  eachField(bytes, (number, reader) => {
    if (number !== 3) return false;
    seconds = Number(reader.int64());
    return true;
  });
  return seconds;
}

/** Seconds; `left` is 0 or less when there is no such lease. */
export interface LeaseResponse {
  left: number;
  granted: number;
}

/** Of LeaseTimeToLiveResponse. */
export function decodeLease(bytes: Uint8Array): LeaseResponse {
  const lease: LeaseResponse = { left: 0, granted: 0 };
  eachField(bytes, (number, reader) => {
    if (number === 3) lease.left = Number(reader.int64());
    else if (number === 4) lease.granted = Number(reader.int64());
    else return false;
    return true;
  });
  return lease;
}

/** Of any answer with a header. */
export function decodeCluster(bytes: Uint8Array): ClusterState {
  const state: ClusterState = { id: '', revision: 0 };
  eachField(bytes, (number, reader) => {
    if (number !== 1) return false;
    const header = reader.bytes();
    state.revision = decodeHeader(header);
    eachField(header, (field, inside) => {
      if (field !== 1) return false;
      state.id = String(inside.uint64());
      return true;
    });
    return true;
  });
  return state;
}

export function decodeNothing(): void {}

function decodeEvent(bytes: Uint8Array): EtcdEvent {
  let type: EtcdEvent['type'] = 'put';
  let item: EtcdKeyValue | undefined;
  let previous: EtcdKeyValue | undefined;
  eachField(bytes, (number, reader) => {
    if (number === 1) type = reader.int32() === 1 ? 'delete' : 'put';
    else if (number === 2) item = decodeKeyValue(reader.bytes());
    else if (number === 3) previous = decodeKeyValue(reader.bytes());
    else return false;
    return true;
  });
  return { type, item: item ?? decodeKeyValue(nothing), previous };
}

export function decodeWatch(bytes: Uint8Array): WatchResponse {
  const response: WatchResponse = {
    revision: 0,
    created: false,
    canceled: false,
    compactRevision: 0,
    cancelReason: '',
    fragment: false,
    events: [],
  };
  eachField(bytes, (number, reader) => {
    if (number === 1) response.revision = decodeHeader(reader.bytes());
    else if (number === 3) response.created = reader.bool();
    else if (number === 4) response.canceled = reader.bool();
    else if (number === 5) response.compactRevision = Number(reader.int64());
    else if (number === 6) response.cancelReason = reader.string();
    else if (number === 7) response.fragment = reader.bool();
    else if (number === 11) response.events.push(decodeEvent(reader.bytes()));
    else return false;
    return true;
  });
  return response;
}
