import { readFileSync } from 'node:fs';
import { EtcdConnection, type Method } from '../../packages/storage/src/drivers/etcd/rpc/etcd-connection.ts';
import type { EtcdCluster } from '../../packages/storage/src/testing/etcd/start-etcd.ts';
import { spreadOf } from '../load/latencies.ts';

export interface BareResult {
  perSecond: number;
  p50: number;
  p99: number;
  etcdMicros: number | undefined;
}

const put: Method<void> = { path: '/etcdserverpb.KV/Put', decode: () => undefined };
const range: Method<void> = { path: '/etcdserverpb.KV/Range', decode: () => undefined };
/** As large as a ConfigMap with 1 kB of data is in the store. */
const value = Buffer.alloc(1500, 'x');

/** Puts, or linearizable gets of one key, as fast as etcd answers so many at a time; without Canopy's driver above gRPC. */
export async function bareEtcd(
  etcd: EtcdCluster,
  { what, concurrency, ms }: { what: 'put' | 'get'; concurrency: number; ms: number },
): Promise<BareResult> {
  const connection = new EtcdConnection({ endpoints: etcd.endpoints });
  const latencies: number[] = [];
  const before = etcdMicros(etcd);
  const started = performance.now();
  const loop = async (): Promise<void> => {
    while (performance.now() - started < ms) {
      const sent = performance.now();
      const key = `bare/${what === 'put' ? latencies.length : latencies.length % 100}`;
      await (what === 'put' ? connection.attempt(put, message(key, value)) : connection.attempt(range, message(key)));
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, loop));
  const seconds = (performance.now() - started) / 1000;
  connection.close();
  const { p50, p99 } = spreadOf(latencies);
  return {
    perSecond: latencies.length / seconds,
    p50,
    p99,
    etcdMicros: share(before, etcdMicros(etcd), latencies.length),
  };
}

/** PutRequest with key and value, RangeRequest with key alone: protobuf fields 1 and 2, bytes both. */
function message(key: string, content?: Uint8Array): Uint8Array {
  const name = Buffer.from(key);
  const parts = [Buffer.from([0x0a, name.byteLength]), name];
  if (content !== undefined)
    parts.push(Buffer.from([0x12, (content.byteLength & 127) | 128, content.byteLength >> 7]), Buffer.from(content));
  return Buffer.concat(parts);
}

/** Processor time of all members up to now, microseconds; known on Linux only. */
export function etcdMicros({ members }: EtcdCluster): number | undefined {
  if (process.platform !== 'linux') return undefined;
  return members.reduce((sum, { pid }) => sum + processMicros(pid), 0);
}

export function share(before: number | undefined, after: number | undefined, count: number): number | undefined {
  return before === undefined || after === undefined ? undefined : (after - before) / count;
}

/** Fields 14 and 15 of proc(5)'s stat, in clock ticks, of which Linux shows a hundred per second. */
function processMicros(pid: number | undefined): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}
