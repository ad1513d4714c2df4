import { DerivedCache, decodeObject } from '@canopy/apiserver';
import { type QuotaCounter, type QuotaObject, recountQuota } from '@canopy/controlplane';
import { type Change, objectPrefix, parseObjectKey } from '@canopy/storage';
import type { Controller } from '../runtime/controller.ts';
import { type ClusterView, type ControllerDeps, clusterOfKey, clusterView } from '../runtime/controller-deps.ts';
import { clustersPrefix } from '../runtime/ended-clusters.ts';
import { changeObject } from '../runtime/object-writer.ts';

const quotas = { group: '', resource: 'resourcequotas' };
const quotasPrefix = objectPrefix(quotas);
/** Deletions that follow one another are counted once. */
const settleMs = 1000;
const capacity = 10_000;

/** Usage of quotas after deletions, and the status of new quotas. Key: the cluster's name. */
export function quotaController(deps: ControllerDeps): Controller {
  const { storage } = deps.registry;
  const hasQuota = new DerivedCache<boolean>(capacity);
  return {
    name: 'quota',
    watches: ['*'],
    keysOf(change, add) {
      // What ends with its cluster is not counted any more.
      if (change.key.startsWith(clustersPrefix)) return;
      const cluster = clusterOfKey(change.key);
      if (change.key.startsWith(quotasPrefix)) {
        hasQuota.drop(cluster);
        if (change.type === 'put' && !isCounted(change)) add(cluster);
      } else if (change.type === 'delete' && hasQuota.peek(cluster) !== false) add(cluster, settleMs);
    },
    async reconcile(cluster) {
      const any = await hasQuota.get(
        cluster,
        async () => (await storage.range(objectPrefix({ ...quotas, cluster }), { limit: 1 })).items.length > 0,
      );
      if (any) await recountCluster(deps, cluster);
      return undefined;
    },
  };
}

/** Whether the status is about the present limits. */
function isCounted(change: Change): boolean {
  const { spec, status } = decodeObject({
    value: change.value as Uint8Array,
    modRevision: change.revision,
  }) as QuotaObject;
  const limits = Object.entries(spec?.hard ?? {});
  if (Object.keys(status?.hard ?? {}).length !== limits.length) return false;
  return limits.every(
    ([key, limit]) => String(status?.hard?.[key]) === String(limit) && status?.used?.[key] !== undefined,
  );
}

async function recountCluster(deps: ControllerDeps, cluster: string): Promise<void> {
  const { registry, world } = deps;
  const view = await clusterView(deps, cluster);
  const counter = counterOf(deps, view);
  const { items } = await registry.storage.range(objectPrefix({ ...quotas, cluster }));
  for (const kv of items) {
    const at = parseObjectKey(kv.key);
    if (at === undefined) continue;
    const place = {
      resource: world.native.find('', quotas.resource),
      access: view.access,
      namespace: at.namespace,
      name: at.name,
    };
    await changeObject(registry, place, async (quota) => {
      quota.status = await recountQuota(quota as QuotaObject, counter);
    });
  }
}

function counterOf({ registry }: ControllerDeps, view: ClusterView): QuotaCounter {
  return {
    async count({ group, resource }, namespace) {
      const served = view.surface.find(group, resource);
      if (served === undefined) return undefined;
      if (namespace !== undefined && served.declaration.scope !== 'Namespaced') return 0;
      const scope = { ...served.storedAs, identity: served.identity, cluster: view.cluster };
      return registry.storage.count(objectPrefix(namespace === undefined ? scope : { ...scope, namespace }));
    },
  };
}
