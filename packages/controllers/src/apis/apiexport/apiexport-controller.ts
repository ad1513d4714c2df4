import { groups, identityNamespace } from '@canopy/kcp';
import { objectPrefix, parseObjectKey } from '@canopy/storage';
import type { Controller } from '../../runtime/controller.ts';
import { clusterAndName, type ControllerDeps, keyParts, sinkObjects } from '../../runtime/controller-deps.ts';
import { WaitingKeys } from '../../runtime/waiting-keys.ts';
import { reconcileExport } from './apiexport-reconcile.ts';

const exportsPrefix = objectPrefix({ group: groups.apis, resource: 'apiexports' });
const secretAgainMs = 5 * 60_000;

/** Identity and endpoint slices of exports. Key: `<cluster>/<export>`. */
export function apiExportController(deps: ControllerDeps): Controller {
  const waiting = new WaitingKeys();
  return {
    name: 'apis/apiexport',
    watches: ['apis.kcp.io/apiexports', 'core/secrets'],
    keysOf(change, add) {
      if (change.key.startsWith(exportsPrefix)) {
        const key = clusterAndName(change);
        if (key !== undefined) add(key);
        return;
      }
      const at = parseObjectKey(change.key);
      if (at === undefined) return;
      if (at.namespace === identityNamespace) add(`${at.cluster}/${at.name}`);
      for (const key of waiting.of(`${at.cluster}/${at.namespace}/${at.name}`)) add(key);
    },
    async scan(sink) {
      await sinkObjects(deps.registry.storage, { group: groups.apis, resource: 'apiexports' }, sink);
    },
    async reconcile(key) {
      const [cluster, name] = keyParts(key);
      const secret = await reconcileExport(deps, cluster, name);
      if (secret === undefined) return undefined;
      waiting.wait(`${cluster}/${secret.namespace}/${secret.name}`, key);
      return secretAgainMs;
    },
  };
}
