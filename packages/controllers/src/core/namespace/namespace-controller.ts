import { decodeObject, deletingIndex } from '@canopy/apiserver';
import { defaultServiceAccount, rootCaConfigMap } from '@canopy/kcp';
import { type Change, objectKey, parseObjectKey } from '@canopy/storage';
import type { Controller } from '../../runtime/controller.ts';
import { type ControllerDeps, keyParts, sinkObjects } from '../../runtime/controller-deps.ts';
import { isMarked } from '../../runtime/stored-text.ts';
import { pollDelay, WaitingKeys } from '../../runtime/waiting-keys.ts';
import { isNamespaceIntact, restoreNamespaceDefaults } from './namespace-defaults.ts';
import { reconcileNamespace } from './namespace-reconcile.ts';

const settleMs = 20;
const accountSuffix = `/${defaultServiceAccount}`;
const rootCaSuffix = `/${rootCaConfigMap}`;

/** Namespaces that are being deleted, and the two objects that every namespace has. Key: `<cluster>/<namespace>`. */
export function namespaceController(deps: ControllerDeps): Controller {
  const { registry } = deps;
  const waiting = new WaitingKeys();
  return {
    name: 'core/namespace',
    watches: ['*'],
    concurrency: 16,
    keysOf(change, add) {
      if (change.key.startsWith('/r/core/namespaces/')) {
        if (change.type === 'put' && isMarked(change.value as Uint8Array)) add(namespaceKeyOf(change));
        return;
      }
      const isDefault = change.key.endsWith(accountSuffix) || change.key.endsWith(rootCaSuffix);
      if (!isDefault && (change.type === 'put' || waiting.empty)) return;
      const at = parseObjectKey(change.key);
      if (at?.namespace === undefined) return;
      const key = `${at.cluster}/${at.namespace}`;
      if (!isNamespaceIntact(deps.shard.rootCa, at, change)) add(key);
      else if (change.type === 'delete') for (const waiter of waiting.of(key)) add(waiter, settleMs);
    },
    pending: (sink) =>
      sinkObjects(
        registry.storage,
        { group: '', resource: 'namespaces', index: { index: deletingIndex, value: '/namespaces' } },
        sink,
      ),
    async reconcile(key) {
      const [cluster, name] = keyParts(key);
      const kv = await registry.storage.get(objectKey({ group: '', resource: 'namespaces', cluster, name }));
      waiting.release(key, key);
      if (kv === undefined) return undefined;
      const namespace = decodeObject(kv);
      if (namespace.metadata.deletionTimestamp === undefined) {
        await restoreNamespaceDefaults(deps, cluster, name);
        return undefined;
      }
      waiting.wait(key, key);
      const outcome = await reconcileNamespace(deps, { cluster, name }, namespace);
      if (outcome === 'waiting') return pollDelay(deps.clock.now(), namespace.metadata.deletionTimestamp);
      waiting.release(key, key);
      return undefined;
    },
  };
}

function namespaceKeyOf(change: Change): string {
  const at = parseObjectKey(change.key);
  return `${at?.cluster}/${at?.name}`;
}
