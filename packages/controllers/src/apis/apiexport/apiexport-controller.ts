import { decodeObject } from '@canopy/apiserver';
import { groups } from '@canopy/kcp';
import { type Change, objectPrefix, parseObjectKey } from '@canopy/storage';
import type { AddKey, Controller } from '../../runtime/controller.ts';
import { type ControllerDeps, keyParts, sinkObjects } from '../../runtime/controller-deps.ts';
import { textOf } from '../../runtime/stored-text.ts';
import { reconcileExport, secretOf } from './apiexport-reconcile.ts';

const exportsPrefix = objectPrefix({ group: groups.apis, resource: 'apiexports' });
const keyText = Buffer.from('"key":');

/** Identity and endpoint slices of exports. Keys: `e/<cluster>/<export>`; `s/<cluster>/<namespace>` exports whose secret is there. */
export function apiExportController(deps: ControllerDeps): Controller {
  return {
    name: 'apis/apiexport',
    watches: ['apis.kcp.io/apiexports', 'core/secrets'],
    keysOf(change, add) {
      const at = parseObjectKey(change.key);
      if (at === undefined) return;
      if (change.key.startsWith(exportsPrefix)) add(`e/${at.cluster}/${at.name}`);
      else if (mayBeIdentity(change)) add(`s/${at.cluster}/${at.namespace}`);
    },
    async scan(sink) {
      await sinkObjects(deps.registry.storage, { group: groups.apis, resource: 'apiexports' }, (name) =>
        sink(`e/${name}`),
      );
    },
    async reconcile(key, add) {
      const [kind, cluster, name] = keyParts(key);
      if (kind === 'e') await reconcileExport(deps, cluster, name);
      else await addExportsOf(deps, { cluster, namespace: name }, add);
      return undefined;
    },
  };
}

/** An identity is the field `key` of a secret; few others have one. */
function mayBeIdentity(change: Change): boolean {
  return change.type === 'put' && textOf(change.value as Uint8Array).includes(keyText);
}

async function addExportsOf(
  { registry }: ControllerDeps,
  at: { cluster: string; namespace: string },
  add: AddKey,
): Promise<void> {
  const { items } = await registry.storage.range(
    objectPrefix({ group: groups.apis, resource: 'apiexports', cluster: at.cluster }),
  );
  for (const kv of items) {
    const found = decodeObject(kv);
    if (secretOf(found).namespace === at.namespace) add(`e/${at.cluster}/${found.metadata.name}`);
  }
}
