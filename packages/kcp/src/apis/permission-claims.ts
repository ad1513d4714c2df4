import type { KubeObject } from '@canopy/apimachinery';
import type { BindingClaim, ClaimSelector, ExportClaim } from './export-model.ts';
import { resourceText } from './export-model.ts';

export function sameClaim(a: ExportClaim, b: ExportClaim): boolean {
  return (
    (a.group ?? '') === (b.group ?? '') &&
    a.resource === b.resource &&
    (a.identityHash ?? '') === (b.identityHash ?? '')
  );
}

/** A claim that is in force: asked for by the export, accepted by the binding. */
export interface EffectiveClaim {
  group: string;
  resource: string;
  identityHash: string;
  /** Verbs granted: what both sides name, `*` meaning all. */
  verbs: readonly string[];
  selector: ClaimSelector;
}

/** Claims both sides agree on. A `*` on one side grants whatever the other side names. */
export function effectiveClaims(exported: readonly ExportClaim[], accepted: readonly BindingClaim[]): EffectiveClaim[] {
  const claims: EffectiveClaim[] = [];
  for (const claim of accepted) {
    if (claim.state !== 'Accepted') continue;
    const asked = exported.find((candidate) => sameClaim(candidate, claim));
    if (asked === undefined) continue;
    claims.push({
      group: claim.group ?? '',
      resource: claim.resource,
      identityHash: claim.identityHash ?? '',
      verbs: commonVerbs(asked.verbs, claim.verbs),
      selector: claim.selector ?? { matchAll: true },
    });
  }
  return claims;
}

function commonVerbs(a: readonly string[], b: readonly string[]): readonly string[] {
  if (a.includes('*')) return b;
  return b.includes('*') ? a : a.filter((verb) => b.includes(verb));
}

export function claimAllows(claim: EffectiveClaim, verb: string): boolean {
  return claim.verbs.includes('*') || claim.verbs.includes(verb);
}

/** Whether an object is covered by a claim's selector. */
export function selects(selector: ClaimSelector, object: KubeObject): boolean {
  if (selector.matchAll === true) return true;
  const labels = object.metadata.labels ?? {};
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels[key] !== value) return false;
  for (const { key, operator, values = [] } of selector.matchExpressions ?? []) {
    const value = labels[key];
    const holds =
      operator === 'Exists'
        ? value !== undefined
        : operator === 'DoesNotExist'
          ? value === undefined
          : operator === 'In'
            ? value !== undefined && values.includes(value)
            : value === undefined || !values.includes(value);
    if (!holds) return false;
  }
  return true;
}

const shownProblems = 10;

export interface ClaimVerdict {
  status: 'True' | 'False';
  reason?: string;
  severity?: string;
  message?: string;
}

/** The condition `PermissionClaimsValid`. */
export function judgeClaims(exported: readonly ExportClaim[], answered: readonly BindingClaim[]): ClaimVerdict {
  const unexpected = answered.filter(
    (claim) => claim.state === 'Accepted' && !exported.some((asked) => sameClaim(asked, claim)),
  );
  if (unexpected.length > 0) {
    const shown = unexpected
      .slice(0, shownProblems)
      .map((claim) => `unexpected claim for ${resourceText(claim.group ?? '', claim.resource)}`);
    return {
      status: 'False',
      severity: 'Error',
      reason: 'InvalidPermissionClaims',
      message: `${unexpected.length} unexpected and/or invalid permission claims (showing first ${shown.length}): ${shown.join(', ')}`,
    };
  }
  const open: string[] = [];
  for (const asked of exported) {
    const answer = answered.find((claim) => sameClaim(asked, claim));
    const name = resourceText(asked.group ?? '', asked.resource);
    if (answer === undefined) open.push(`claim for ${name} is neither accepted nor rejected`);
    else if (answer.state === 'Accepted' && !sameVerbs(asked.verbs, answer.verbs)) {
      open.push(
        `allowed verbs (${answer.verbs.join(',')}) on claim for ${name} do not match expected verbs (${asked.verbs.join(',')})`,
      );
    }
  }
  if (open.length === 0) return { status: 'True' };
  return {
    status: 'False',
    severity: 'Warning',
    reason: 'PermissionClaimsMismatch',
    message: open.slice(0, shownProblems).join('; '),
  };
}

function sameVerbs(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((verb) => b.includes(verb));
}
