import { setCondition } from '@canopy/api';
import { timestamp } from '@canopy/apiserver';
import {
  apiBindingKey,
  bindingSpecOf,
  bindingStatusOf,
  effectiveClaims,
  exportSpecOf,
  groups,
  readObject,
  resourceText,
} from '@canopy/kcp';
import { type ControllerDeps, clusterView } from '../../runtime/controller-deps.ts';
import { changeObject } from '../../runtime/object-writer.ts';
import { type AppliedClaim, decideClaims } from './claims-decision.ts';
import { relabelClaim } from './relabel.ts';

/** What was done for one binding. */
export interface ClaimsOutcome {
  /** Claims whose objects were labelled; writes that were under way meanwhile may have missed it. */
  touched: readonly AppliedClaim[];
  /** Claimed resources that the cluster does not serve. */
  unserved: readonly string[];
}

const nothing: ClaimsOutcome = { touched: [], unserved: [] };

/** Labels the objects of the claims that a binding and its export agree on, unlabels the others, and says so in its status. */
export async function reconcileClaims(
  deps: ControllerDeps,
  at: { cluster: string; name: string },
  again: readonly AppliedClaim[],
): Promise<ClaimsOutcome> {
  const { registry, world } = deps;
  const found = await readObject(registry.storage, apiBindingKey(at.cluster, at.name));
  if (found === undefined || found.object.metadata.deletionTimestamp !== undefined) return nothing;
  const status = bindingStatusOf(found.object);
  const reference = bindingSpecOf(found.object).reference?.export;
  if (status.apiExportClusterName === undefined || reference === undefined) return nothing;
  const exported = await world.exports.find(status.apiExportClusterName, reference.name);
  if (exported === undefined) return nothing;
  const effective = effectiveClaims(
    exportSpecOf(exported.object).permissionClaims ?? [],
    bindingSpecOf(found.object).permissionClaims ?? [],
  );
  const { applied, touched } = decideClaims(effective, status);
  const view = await clusterView(deps, at.cluster);
  const unserved: string[] = [];
  for (const claim of [...touched, ...again]) {
    const outcome = await relabelClaim(deps, view, claim);
    if (outcome === 'unserved' && applied.includes(claim))
      unserved.push(resourceText(claim.group ?? '', claim.resource));
  }
  const done = applied.filter((claim) => !unserved.includes(resourceText(claim.group ?? '', claim.resource)));
  const place = { resource: world.native.find(groups.apis, 'apibindings'), access: view.access, name: at.name };
  await changeObject(registry, place, (binding) => {
    if (binding.metadata.uid !== found.object.metadata.uid) return false;
    const own = bindingStatusOf(binding);
    if (done.length === 0) delete own.appliedPermissionClaims;
    else own.appliedPermissionClaims = done;
    own.conditions = setCondition(
      own.conditions,
      { type: 'PermissionClaimsApplied', ...verdict(unserved) },
      timestamp(registry.clock),
    );
    return true;
  });
  return { touched, unserved };
}

function verdict(unserved: readonly string[]): {
  status: 'True' | 'False';
  severity?: string;
  reason?: string;
  message?: string;
} {
  if (unserved.length === 0) return { status: 'True' };
  const message = `Permission claims have not been fully applied: ${unserved.join(', ')} not found in this workspace`;
  return { status: 'False', severity: 'Error', reason: 'InternalError', message };
}
