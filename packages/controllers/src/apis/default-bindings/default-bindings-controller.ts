import { apiBindingsInitializer, groups } from '@canopy/kcp';
import type { Change } from '@canopy/storage';
import type { Controller } from '../../runtime/controller.ts';
import { type ControllerDeps, clusterOfKey, sinkObjects } from '../../runtime/controller-deps.ts';
import { clustersPrefix } from '../../runtime/ended-clusters.ts';
import { isMarked, statusStart, textOf } from '../../runtime/stored-text.ts';
import { reconcileDefaultBindings } from './default-bindings-reconcile.ts';

const initializerText = Buffer.from(`"${apiBindingsInitializer}"`);
const settleMs = 50;

/** Default bindings that creation alone could not bring about, and those that are kept up. Key: the cluster's name. */
export function defaultBindingsController(deps: ControllerDeps): Controller {
  return {
    name: 'apis/default-bindings',
    watches: ['core.kcp.io/logicalclusters', 'apis.kcp.io/apibindings'],
    keysOf(change, add) {
      if (change.key.startsWith(clustersPrefix)) {
        if (change.type === 'put' && isConcerned(change)) add(clusterOfKey(change.key));
      } else if (change.type === 'delete' || change.previousRevision !== 0) add(clusterOfKey(change.key), settleMs);
    },
    async scan(sink) {
      await sinkObjects(deps.registry.storage, { group: groups.core, resource: 'logicalclusters' }, (key) =>
        sink(key.slice(0, key.indexOf('/'))),
      );
    },
    async reconcile(cluster) {
      await reconcileDefaultBindings(deps, cluster);
      return undefined;
    },
  };
}

/** A cluster that was created with all its bindings bound only names the initializer in its spec. One that goes needs none. */
function isConcerned(change: Change): boolean {
  const value = change.value as Uint8Array;
  if (isMarked(value)) return false;
  const text = textOf(value);
  return text.includes(initializerText, change.previousRevision === 0 ? Math.max(0, statusStart(text)) : 0);
}
