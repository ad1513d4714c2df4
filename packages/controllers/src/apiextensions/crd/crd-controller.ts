import { type CrdObject, crdGroup, crdPlural } from '@canopy/apiextensions';
import { decodeObject, deletingIndex } from '@canopy/apiserver';
import { boundCrdsCluster, crdKey, groups } from '@canopy/kcp';
import { objectPrefix, parseObjectKey } from '@canopy/storage';
import type { Controller } from '../../runtime/controller.ts';
import { type ControllerDeps, clusterOfKey, keyParts, sinkObjects } from '../../runtime/controller-deps.ts';
import { isMarked } from '../../runtime/stored-text.ts';
import { pollDelay, WaitingKeys } from '../../runtime/waiting-keys.ts';
import { reconcileDeletion, settleNames } from './crd-reconcile.ts';

const crds = { group: crdGroup, resource: crdPlural };
const crdsPrefix = objectPrefix(crds);
const bindingsPrefix = objectPrefix({ group: groups.apis, resource: 'apibindings' });
const settleMs = 50;

/** Definitions. Keys: `d/<cluster>/<name>` the end of one; `n/<cluster>` names of those that did not get theirs. */
export function crdController(deps: ControllerDeps): Controller {
  const { storage } = deps.registry;
  const waiting = new WaitingKeys();
  return {
    name: 'apiextensions/crd',
    watches: ['*'],
    keysOf(change, add) {
      if (change.key.startsWith(crdsPrefix)) {
        const at = parseObjectKey(change.key);
        if (at === undefined || at.cluster === boundCrdsCluster) return;
        if (change.type === 'delete') add(`n/${at.cluster}`, settleMs);
        else if (isMarked(change.value as Uint8Array)) add(`d/${at.cluster}/${at.name}`);
      } else if (change.type === 'delete') {
        if (change.key.startsWith(bindingsPrefix)) add(`n/${clusterOfKey(change.key)}`, settleMs);
        if (waiting.empty) return;
        for (const key of waiting.of(clusterOfKey(change.key))) add(key, settleMs);
      }
    },
    pending: (sink) =>
      sinkObjects(storage, { ...crds, index: { index: deletingIndex, value: `${crdGroup}/${crdPlural}` } }, (key) =>
        sink(`d/${key}`),
      ),
    async reconcile(key) {
      const [kind, cluster, name] = keyParts(key);
      if (kind === 'n') {
        await settleNames(deps, cluster);
        return undefined;
      }
      waiting.release(cluster, key);
      const kv = await storage.get(crdKey(cluster, name));
      if (kv === undefined) return undefined;
      const crd = decodeObject(kv) as CrdObject;
      waiting.wait(cluster, key);
      if ((await reconcileDeletion(deps, cluster, crd)) === 'waiting')
        return pollDelay(deps.clock.now(), crd.metadata.deletionTimestamp);
      waiting.release(cluster, key);
      return undefined;
    },
  };
}
