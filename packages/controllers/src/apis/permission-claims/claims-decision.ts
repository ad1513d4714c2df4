import { isConditionTrue } from '@canopy/api';
import { deepEqual } from '@canopy/apimachinery';
import type { BindingStatus, ClaimSelector, EffectiveClaim } from '@canopy/kcp';

/** An entry of `status.appliedPermissionClaims`. */
export interface AppliedClaim {
  group?: string;
  resource: string;
  identityHash?: string;
  verbs: string[];
  selector: ClaimSelector;
}

export interface ClaimsDecision {
  /** What is in force now. */
  applied: AppliedClaim[];
  /** Claims whose objects need a look: new ones, changed ones, and those that are not in force any more. */
  touched: AppliedClaim[];
}

export function appliedForm(claim: EffectiveClaim): AppliedClaim {
  return {
    ...(claim.group === '' ? {} : { group: claim.group }),
    resource: claim.resource,
    ...(claim.identityHash === '' ? {} : { identityHash: claim.identityHash }),
    verbs: [...claim.verbs],
    selector: claim.selector,
  };
}

/** Compares what is in force with what the binding says was applied. Unless all of that was, everything is looked at. */
export function decideClaims(effective: readonly EffectiveClaim[], status: BindingStatus): ClaimsDecision {
  const before = (status.appliedPermissionClaims ?? []) as AppliedClaim[];
  const applied = effective.map(appliedForm);
  const complete = isConditionTrue(status.conditions, 'PermissionClaimsApplied');
  const isNew = applied.filter((claim) => !complete || !before.some((old) => deepEqual(old, claim)));
  const isOld = before.filter((old) => !applied.some((claim) => sameObjects(claim, old)));
  return { applied, touched: [...isNew, ...isOld] };
}

function sameObjects(a: AppliedClaim, b: AppliedClaim): boolean {
  return (
    (a.group ?? '') === (b.group ?? '') &&
    a.resource === b.resource &&
    (a.identityHash ?? '') === (b.identityHash ?? '')
  );
}
