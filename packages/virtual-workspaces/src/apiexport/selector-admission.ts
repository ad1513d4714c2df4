import { forbidden, type KubeObject } from '@canopy/apimachinery';
import type { AdmissionPlugin, AdmissionRequest } from '@canopy/apiserver';
import { type EffectiveClaim, selects } from '@canopy/kcp';

/** Finds the claim under which a request acts; undefined for the export's own resources and its bindings. */
export type ClaimLookup = (request: AdmissionRequest) => Promise<EffectiveClaim | undefined>;

/** Writes under a claim with a selector: labels it asks for are put in, and what it does not select is refused. */
export function selectorAdmission(claimOf: ClaimLookup): AdmissionPlugin {
  return {
    name: 'apis.kcp.io/PermissionClaimSelector',
    handles: () => true,
    async mutate(request) {
      if (request.object === undefined) return;
      const labels = (await claimOf(request))?.selector.matchLabels;
      if (labels === undefined) return;
      const { metadata } = request.object;
      for (const [key, value] of Object.entries(labels)) {
        const given = metadata.labels?.[key];
        if (given !== undefined && given !== value)
          throw refuse(request, `protected label ${key} must have value ${value}`);
      }
      metadata.labels = { ...metadata.labels, ...labels };
    },
    async validate(request) {
      const claim = await claimOf(request);
      const subject = (request.operation === 'DELETE' ? request.old : request.object) as KubeObject;
      if (claim !== undefined && !selects(claim.selector, subject))
        throw refuse(request, 'object does not match required labels');
    },
  };
}

function refuse(request: AdmissionRequest, why: string): Error {
  const { group, names } = request.resource.declaration;
  return forbidden({ group, resource: names.plural }, request.name, why);
}
