import { type Condition, setCondition } from '@canopy/api';
import { isStatusError, type KubeObject } from '@canopy/apimachinery';
import {
  decodeObject,
  logicalClusterName,
  mintClusterAccess,
  ownerIndex,
  ownerIndexValue,
  putNewObject,
  timestamp,
} from '@canopy/apiserver';
import { type Compare, type Operation, objectKey, objectPrefix } from '@canopy/storage';
import type { Controller } from '../../runtime/controller.ts';
import {
  type ControllerDeps,
  clusterAndName,
  clusterOfKey,
  keyParts,
  sinkObjects,
} from '../../runtime/controller-deps.ts';
import { changeObject, removeObject } from '../../runtime/object-writer.ts';
import {
  decidePartitions,
  type PartitionSetSpec,
  type WantedPartition,
  wantedPartitions,
} from './partitions-decision.ts';

const group = 'topology.kcp.io';
const sets = { group, resource: 'partitionsets' };
const setsPrefix = objectPrefix(sets);
const partitionsPrefix = objectPrefix({ group, resource: 'partitions' });
const shardsPrefix = objectPrefix({ group: 'core.kcp.io', resource: 'shards' });
const allKey = 'all/shards';

/** Partitions of the shards. Keys: `<cluster>/<set>`; `all/shards` all sets, when a shard has changed. */
export function partitionSetController(deps: ControllerDeps): Controller {
  const { storage } = deps.registry;
  return {
    name: 'topology/partitionset',
    watches: ['topology.kcp.io/partitionsets', 'topology.kcp.io/partitions', 'core.kcp.io/shards'],
    keysOf(change, add) {
      if (change.key.startsWith(shardsPrefix)) add(allKey);
      else if (change.key.startsWith(setsPrefix)) {
        const key = clusterAndName(change);
        if (change.type === 'put' && key !== undefined) add(key);
      } else if (change.key.startsWith(partitionsPrefix) && change.type === 'delete' && change.previous !== undefined) {
        const owner = decodeObject({ value: change.previous, modRevision: change.revision }).metadata
          .ownerReferences?.[0];
        if (owner?.kind === 'PartitionSet') add(`${clusterOfKey(change.key)}/${owner.name}`);
      }
    },
    async scan(sink) {
      await sinkObjects(storage, sets, sink);
    },
    async reconcile(key, add) {
      if (key === allKey) {
        await sinkObjects(storage, sets, async (name) => add(name));
        return undefined;
      }
      const [cluster, name] = keyParts(key);
      await reconcilePartitionSet(deps, cluster, name);
      return undefined;
    },
  };
}

async function reconcilePartitionSet(deps: ControllerDeps, clusterText: string, name: string): Promise<void> {
  const { registry, world } = deps;
  const cluster = logicalClusterName(clusterText);
  const kv = await registry.storage.get(objectKey({ ...sets, cluster, name }));
  if (kv === undefined) return;
  const set = decodeObject(kv);
  if (set.metadata.deletionTimestamp !== undefined) return;
  const place = { resource: world.native.find(group, 'partitionsets'), access: mintClusterAccess(cluster), name };
  let wanted: WantedPartition[];
  try {
    const shards = (await registry.storage.range(shardsPrefix)).items.map(decodeObject);
    wanted = wantedPartitions(name, (set.spec ?? {}) as PartitionSetSpec, shards);
  } catch (error) {
    if (!isStatusError(error)) throw error;
    await changeObject(registry, place, (current) => {
      const problem = {
        status: 'False' as const,
        severity: 'Error',
        reason: 'InvalidSelector',
        message: error.message,
      };
      tell(current, { type: 'PartitionSetValid', ...problem }, timestamp(registry.clock));
    });
    return;
  }
  const owned = await registry.storage.rangeIndex(ownerIndex, ownerIndexValue(cluster, set.metadata.uid ?? ''), {
    prefix: objectPrefix({ group, resource: 'partitions', cluster }),
  });
  const { create, remove } = decidePartitions(wanted, owned.items.map(decodeObject));
  const partitions = world.native.find(group, 'partitions');
  for (const { metadata } of remove)
    await removeObject(
      registry,
      { resource: partitions, access: place.access, name: metadata.name ?? '' },
      { uid: metadata.uid },
    );
  const compares: Compare[] = [{ key: kv.key, modRevision: kv.modRevision }];
  const operations: Operation[] = create.map((partition) =>
    putNewObject(registry, partitions, place.access, partitionOf(set, partition)),
  );
  for (const { key } of operations) compares.push({ key, modRevision: 0 });
  if (operations.length > 0) {
    const result = await registry.storage.transact({ compares, operations });
    if (!result.succeeded) throw new Error(`lost a race for ${result.failed.key}`);
  }
  await changeObject(registry, place, (current) => {
    const now = timestamp(registry.clock);
    current.status = { ...(current.status as object | undefined), count: wanted.length };
    tell(current, { type: 'PartitionSetValid', status: 'True' }, now);
    tell(current, { type: 'PartitionsReady', status: 'True' }, now);
  });
}

function partitionOf(set: KubeObject, { selector, generateName }: WantedPartition): KubeObject {
  const { name = '', uid = '' } = set.metadata;
  return {
    apiVersion: `${group}/v1alpha1`,
    kind: 'Partition',
    metadata: {
      generateName,
      ownerReferences: [
        { apiVersion: set.apiVersion, kind: 'PartitionSet', name, uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    spec: { selector },
  };
}

function tell(set: KubeObject, condition: Omit<Condition, 'lastTransitionTime'>, now: string): void {
  const status = (set.status ?? {}) as { conditions?: Condition[] };
  set.status = { ...status, conditions: setCondition(status.conditions, condition, now) };
}
