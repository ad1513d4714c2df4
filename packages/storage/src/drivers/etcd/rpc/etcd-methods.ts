import type { Method } from './etcd-connection.ts';
import {
  type ClusterState,
  decodeCluster,
  decodeLease,
  decodeNothing,
  decodeRange,
  decodeTxn,
  type LeaseResponse,
  type RangeResponse,
  type TxnResponse,
} from './etcd-responses.ts';

export const rangeMethod: Method<RangeResponse> = { path: '/etcdserverpb.KV/Range', decode: decodeRange };
/** A range of anything, for what its answer says of the cluster. */
export const clusterMethod: Method<ClusterState> = { path: rangeMethod.path, decode: decodeCluster };
export const txnMethod: Method<TxnResponse> = { path: '/etcdserverpb.KV/Txn', decode: decodeTxn };
export const compactMethod: Method<void> = { path: '/etcdserverpb.KV/Compact', decode: decodeNothing };
export const leaseGrantMethod: Method<void> = { path: '/etcdserverpb.Lease/LeaseGrant', decode: decodeNothing };
export const leaseRevokeMethod: Method<void> = { path: '/etcdserverpb.Lease/LeaseRevoke', decode: decodeNothing };
export const leaseTimeToLiveMethod: Method<LeaseResponse> = {
  path: '/etcdserverpb.Lease/LeaseTimeToLive',
  decode: decodeLease,
};
export const leaseKeepAlivePath = '/etcdserverpb.Lease/LeaseKeepAlive';
export const watchPath = '/etcdserverpb.Watch/Watch';
