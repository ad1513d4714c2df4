import { decodeObject, deletingIndex } from '@canopy/apiserver';
import { boundCrdsCluster, exportSpecOf, groups, isPending, pendingBindingIndex } from '@canopy/kcp';
import { type Change, objectPrefix, parseObjectKey } from '@canopy/storage';
import type { AddKey, Controller, KeySink } from '../../runtime/controller.ts';
import { type ControllerDeps, clusterOfKey, keyParts, sinkObjects } from '../../runtime/controller-deps.ts';
import { statusStart, textOf } from '../../runtime/stored-text.ts';
import { WaitingKeys } from '../../runtime/waiting-keys.ts';
import { reconcileBinding } from './apibinding-reconcile.ts';
import { type BindingName, eachBindingOf } from './export-bindings.ts';

const bindings = { group: groups.apis, resource: 'apibindings' };
const bindingsPrefix = objectPrefix(bindings);
const exportsPrefix = objectPrefix({ group: groups.apis, resource: 'apiexports' });
const schemasPrefix = objectPrefix({ group: groups.apis, resource: 'apiresourceschemas' });
const crdsPrefix = objectPrefix({ group: groups.crd, resource: 'customresourcedefinitions' });
const settleMs = 50;
const page = 500;

/**
 * Bindings. Keys: `b/<cluster>/<name>` one binding; `e/<cluster>/<name>` all bindings of an export; `s/<cluster>` the
 * exports of a cluster, one of whose schemas has changed; `c/<cluster>` the bindings of a cluster that wait for something.
 */
export function apiBindingController(deps: ControllerDeps): Controller {
  const { storage } = deps.registry;
  const waiting = new WaitingKeys();

  async function reconcileOne({ cluster, name }: BindingName): Promise<number | undefined> {
    const key = `b/${cluster}/${name}`;
    waiting.wait(cluster, key);
    const outcome = await reconcileBinding(deps, cluster, name);
    if (outcome !== 'done') return outcome.waitMs;
    waiting.release(cluster, key);
    return undefined;
  }

  return {
    name: 'apis/apibinding',
    watches: ['*'],
    concurrency: 16,
    keysOf(change, add) {
      addDefinitionKeys(change, add);
      if (change.type !== 'delete' || waiting.empty) return;
      for (const key of waiting.of(clusterOfKey(change.key))) add(key, settleMs);
    },
    async pending(sink) {
      const toKey: KeySink = (name) => sink(`b/${name}`);
      await sinkObjects(
        storage,
        { ...bindings, index: { index: deletingIndex, value: 'apis.kcp.io/apibindings' } },
        toKey,
      );
      let after: string | undefined;
      for (;;) {
        const values = await storage.indexValues(pendingBindingIndex, '', {
          limit: page,
          ...(after === undefined ? {} : { after }),
        });
        for (const value of values)
          await sinkObjects(storage, { ...bindings, index: { index: pendingBindingIndex, value } }, toKey);
        if (values.length < page) return;
        after = values[values.length - 1];
      }
    },
    async scan(sink) {
      await sinkObjects(storage, { group: groups.apis, resource: 'apiexports' }, (name) => sink(`e/${name}`));
    },
    async reconcile(key, add) {
      const [kind, cluster, name] = keyParts(key);
      const oneOf = async (binding: BindingName): Promise<void> => {
        try {
          const waitMs = await reconcileOne(binding);
          if (waitMs !== undefined) add(`b/${binding.cluster}/${binding.name}`, waitMs);
        } catch (error) {
          deps.logger.warn({ ...binding, error }, 'could not reconcile a binding, will try again');
          add(`b/${binding.cluster}/${binding.name}`, settleMs);
        }
      };
      if (kind === 'b') return reconcileOne({ cluster, name });
      if (kind === 'e')
        await eachBindingOf(storage, { exportCluster: cluster, exportName: name, waiting: true }, oneOf);
      if (kind === 's') await addExportsOf(deps, cluster, add);
      if (kind === 'c') await addWaitingOf(deps, cluster, add);
      return undefined;
    },
  };
}

function addDefinitionKeys(change: Change, add: AddKey): void {
  const { key, type } = change;
  if (key.startsWith(bindingsPrefix)) {
    const at = parseObjectKey(key);
    if (type === 'delete') add(`c/${at?.cluster}`);
    else if (change.previousRevision !== 0 || isBornPending(change)) add(`b/${at?.cluster}/${at?.name}`);
  } else if (key.startsWith(exportsPrefix)) {
    const at = parseObjectKey(key);
    add(`e/${at?.cluster}/${at?.name}`);
  } else if (key.startsWith(schemasPrefix)) add(`s/${clusterOfKey(key)}`);
  else if (key.startsWith(crdsPrefix)) {
    const cluster = clusterOfKey(key);
    if (cluster !== boundCrdsCluster) add(`c/${cluster}`);
  }
}

const settledTexts = [
  '"phase":"Bound"',
  '"type":"APIExportValid","status":"True"',
  '"type":"BindingUpToDate","status":"True"',
  '"type":"PermissionClaimsApplied","status":"True"',
].map((text) => Buffer.from(text));

/** A new binding is mostly seen to be bound without being parsed. */
function isBornPending(change: Change): boolean {
  const value = change.value as Uint8Array;
  const text = textOf(value);
  const status = statusStart(text);
  if (status !== -1 && settledTexts.every((settled) => text.includes(settled, status))) return false;
  return isPending(decodeObject({ value, modRevision: change.revision }));
}

async function addExportsOf({ registry }: ControllerDeps, cluster: string, add: AddKey): Promise<void> {
  const { items } = await registry.storage.range(objectPrefix({ group: groups.apis, resource: 'apiexports', cluster }));
  for (const kv of items) {
    const object = decodeObject(kv);
    if ((exportSpecOf(object).resources?.length ?? 0) > 0) add(`e/${cluster}/${object.metadata.name}`);
  }
}

async function addWaitingOf({ registry }: ControllerDeps, cluster: string, add: AddKey): Promise<void> {
  const { items } = await registry.storage.range(objectPrefix({ ...bindings, cluster }));
  for (const kv of items) {
    const object = decodeObject(kv);
    if (isPending(object)) add(`b/${cluster}/${object.metadata.name}`);
  }
}
