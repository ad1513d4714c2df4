import { decodeObject } from '@canopy/apiserver';
import { bindingSpecOf, bindingStatusOf, groups } from '@canopy/kcp';
import { type Change, objectPrefix, parseObjectKey } from '@canopy/storage';
import type { Controller } from '../../runtime/controller.ts';
import { type ControllerDeps, keyParts, sinkObjects } from '../../runtime/controller-deps.ts';
import { textOf } from '../../runtime/stored-text.ts';
import { WaitingKeys } from '../../runtime/waiting-keys.ts';
import { type BindingName, eachBindingOf } from '../apibinding/export-bindings.ts';
import type { AppliedClaim } from './claims-decision.ts';
import { reconcileClaims } from './claims-reconcile.ts';

const bindingsPrefix = objectPrefix({ group: groups.apis, resource: 'apibindings' });
const exportsPrefix = objectPrefix({ group: groups.apis, resource: 'apiexports' });
/** Requests that were labelled by the rules of before are written by then. */
const lookAgainMs = 2000;
const unservedMs = 5 * 60_000;

/** Labels of claimed objects. Keys: `b/<cluster>/<name>` one binding; `e/<cluster>/<name>` all bindings of an export. */
export function permissionClaimsController(deps: ControllerDeps): Controller {
  const { storage } = deps.registry;
  const waiting = new WaitingKeys();
  const lookAgain = new Map<string, readonly AppliedClaim[]>();

  async function reconcileOne({ cluster, name }: BindingName): Promise<number | undefined> {
    const key = `b/${cluster}/${name}`;
    const again = lookAgain.get(key) ?? [];
    const { touched, unserved } = await reconcileClaims(deps, { cluster, name }, again);
    if (touched.length > 0) lookAgain.set(key, touched);
    else lookAgain.delete(key);
    if (unserved.length > 0) waiting.wait(cluster, key);
    else waiting.release(cluster, key);
    if (touched.length > 0) return unserved.length === touched.length ? unservedMs : lookAgainMs;
    return undefined;
  }

  return {
    name: 'apis/permission-claims',
    watches: ['apis.kcp.io/apibindings', 'apis.kcp.io/apiexports', 'apiextensions.k8s.io/customresourcedefinitions'],
    keysOf(change, add) {
      const isBinding = change.key.startsWith(bindingsPrefix);
      const claims = isBinding && change.type === 'put' && hasClaims(change);
      if (isBinding && !claims && waiting.empty) return;
      const at = parseObjectKey(change.key);
      if (at === undefined) return;
      if (change.key.startsWith(exportsPrefix)) add(`e/${at.cluster}/${at.name}`);
      else {
        if (claims) add(`b/${at.cluster}/${at.name}`);
        for (const key of waiting.of(at.cluster)) add(key);
      }
    },
    async scan(sink) {
      await sinkObjects(storage, { group: groups.apis, resource: 'apiexports' }, (name) => sink(`e/${name}`));
    },
    async reconcile(key, add) {
      const [kind, cluster, name] = keyParts(key);
      if (kind === 'b') return reconcileOne({ cluster, name });
      await eachBindingOf(storage, { exportCluster: cluster, exportName: name, waiting: false }, async (binding) => {
        const afterMs = await reconcileOne(binding);
        if (afterMs !== undefined) add(`b/${binding.cluster}/${binding.name}`, afterMs);
      });
      return undefined;
    },
  };
}

/** Of the spec, and those that are applied. */
const claimsText = Buffer.from('ermissionClaims":[');

function hasClaims(change: Change): boolean {
  if (!textOf(change.value as Uint8Array).includes(claimsText)) return false;
  const object = decodeObject({ value: change.value as Uint8Array, modRevision: change.revision });
  if (object.metadata.deletionTimestamp !== undefined) return false;
  return (
    (bindingSpecOf(object).permissionClaims?.length ?? 0) > 0 ||
    (bindingStatusOf(object).appliedPermissionClaims?.length ?? 0) > 0
  );
}
