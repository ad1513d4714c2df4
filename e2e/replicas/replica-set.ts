import { findEtcd } from '../../packages/storage/src/testing/etcd/find-etcd.ts';
import { type EtcdCluster, startEtcd } from '../../packages/storage/src/testing/etcd/start-etcd.ts';
import { CanopyProcess } from '../harness/canopy-process.ts';

/** Why there can be no replicas here; undefined when there can. Throws in CI. */
export function etcdMissing(): string | undefined {
  const { current } = findEtcd();
  return current.found ? undefined : current.reason;
}

/** Real servers on a real etcd cluster. */
export interface ReplicaSet {
  readonly etcd: EtcdCluster;
  readonly replicas: readonly CanopyProcess[];
  stop(): Promise<void>;
}

/** The first replica starts alone, and the identity of all is the one that it makes. */
export async function startReplicas(
  count: number,
  {
    members = 3,
    flags = [],
    etcdFlags = [],
    lastEnv = {},
  }: {
    members?: 1 | 3;
    flags?: readonly string[];
    etcdFlags?: readonly string[];
    /** Environment of the last of them. */
    lastEnv?: NodeJS.ProcessEnv;
  } = {},
): Promise<ReplicaSet> {
  const { current } = findEtcd();
  if (!current.found) throw new Error(current.reason);
  const etcd = await startEtcd({ binary: current.path, members, flags: etcdFlags });
  const replicas: CanopyProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(replicas.map((replica) => replica.dispose()));
    await etcd.stop();
  };
  try {
    const options = { flags: ['--etcd-servers', etcd.endpoints.join(','), ...flags] };
    replicas.push(await CanopyProcess.start(options));
    const more = Array.from({ length: count - 1 }, (_, i) =>
      i === count - 2 ? { ...options, env: lastEnv } : options,
    );
    const others = await Promise.allSettled(more.map((each) => CanopyProcess.start(each)));
    for (const other of others) if (other.status === 'fulfilled') replicas.push(other.value);
    for (const other of others) if (other.status === 'rejected') throw other.reason;
  } catch (error) {
    await stop();
    throw error;
  }
  return { etcd, replicas, stop };
}
