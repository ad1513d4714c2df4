import type { KubeObject } from '@canopy/apimachinery';
import { decodeObject, type ServedResource } from '@canopy/apiserver';
import { type ClaimIdentity, claimLabelPrefix } from '@canopy/kcp';
import { type Compare, type KeyValue, type Operation, objectPrefix, type RangeResult } from '@canopy/storage';
import type { ClusterView, ControllerDeps } from '../../runtime/controller-deps.ts';
import { itemsAtOnce } from '../../runtime/items-at-once.ts';
import { changeObject, type ObjectPlace, replaceOperations } from '../../runtime/object-writer.ts';

const page = 200;

/** `unserved`: the cluster has no such resource, so there is nothing to label yet. */
export type RelabelOutcome = 'labelled' | 'unserved';

/** Brings the claim labels of all objects of a claimed resource in one cluster to what the claims in force there say. */
export async function relabelClaim(
  deps: ControllerDeps,
  view: ClusterView,
  claim: ClaimIdentity,
): Promise<RelabelOutcome> {
  const resource = claimedResource(view, claim);
  if (resource === undefined) return 'unserved';
  if (resource.declaration.virtual === true) return 'labelled';
  const prefix = objectPrefix({ ...resource.storedAs, identity: resource.identity, cluster: view.cluster });
  const limit = itemsAtOnce(deps.registry.storage, page);
  let after: string | undefined;
  for (;;) {
    const found: RangeResult = await deps.registry.storage.range(prefix, {
      limit,
      ...(after === undefined ? {} : { after }),
    });
    await relabelPage(deps, view, resource, found.items);
    if (!found.more) return 'labelled';
    after = found.items[found.items.length - 1]?.key;
  }
}

/** Events are one resource, whichever of their groups is named. */
function claimedResource(view: ClusterView, claim: ClaimIdentity): ServedResource | undefined {
  const group = claim.resource === 'events' && claim.group === 'events.k8s.io' ? '' : (claim.group ?? '');
  const served = view.surface.find(group, claim.resource);
  if (served === undefined) return undefined;
  return served.origin.kind === 'system' || served.identity === (claim.identityHash ?? '') ? served : undefined;
}

async function relabelPage(
  deps: ControllerDeps,
  view: ClusterView,
  resource: ServedResource,
  items: readonly KeyValue[],
): Promise<void> {
  const { registry } = deps;
  const compares: Compare[] = [];
  const operations: Operation[] = [];
  const places: ObjectPlace[] = [];
  for (const kv of items) {
    const object = decodeObject(kv);
    if (!(await relabel(deps, view, resource, object))) continue;
    const place = {
      resource,
      access: view.access,
      namespace: object.metadata.namespace,
      name: object.metadata.name ?? '',
    };
    compares.push({ key: kv.key, modRevision: kv.modRevision });
    operations.push(...(await replaceOperations(registry, place, { kv }, object)));
    places.push(place);
  }
  if (operations.length === 0) return;
  if ((await registry.storage.transact({ compares, operations })).succeeded) return;
  for (const place of places) await changeObject(registry, place, (object) => relabel(deps, view, resource, object));
}

/** False when the labels are right. */
async function relabel(
  deps: ControllerDeps,
  view: ClusterView,
  resource: ServedResource,
  object: KubeObject,
): Promise<boolean> {
  const { group, names } = resource.declaration;
  const wanted = await deps.claims.labelsFor(
    view.cluster,
    { group, resource: names.plural, identity: resource.identity },
    object,
  );
  return setClaimLabels(object, wanted);
}

/** Replaces the claim labels of an object. False when they are these already. */
export function setClaimLabels(object: KubeObject, wanted: Readonly<Record<string, string>>): boolean {
  const labels = object.metadata.labels ?? {};
  const present = Object.keys(labels).filter((key) => key.startsWith(claimLabelPrefix));
  const same = present.length === Object.keys(wanted).length && present.every((key) => labels[key] === wanted[key]);
  if (same) return false;
  const kept = Object.entries(labels).filter(([key]) => !key.startsWith(claimLabelPrefix));
  const next = Object.fromEntries([...kept, ...Object.entries(wanted)]);
  if (Object.keys(next).length === 0) delete object.metadata.labels;
  else object.metadata.labels = next;
  return true;
}
