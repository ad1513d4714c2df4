import { type AdmissionPlugin, type AdmissionRequest, type Clock, timestamp } from '@canopy/apiserver';
import { type CrdObject, crdGroup, crdPlural } from '../definition/crd-object.ts';
import { settleStatus } from '../names/settle-status.ts';
import type { CrdNeighbourhood } from '../strategy/crd-strategy.ts';

export interface CrdNamesAdmissionOptions {
  neighbourhood: Pick<CrdNeighbourhood, 'neighbours'>;
  clock: Clock;
}

/**
 * Settles the names of definitions that are changed, so that accepted names and conditions are right when the PUT or
 * PATCH returns. New definitions are settled by their strategy, in the transaction that writes them.
 */
export function crdNamesAdmission({ neighbourhood, clock }: CrdNamesAdmissionOptions): AdmissionPlugin {
  return {
    name: 'CustomResourceDefinitionNames',
    handles: isSpecUpdate,
    async mutate(request) {
      const crd = request.object as CrdObject;
      if (!Array.isArray(crd.spec?.versions) || typeof crd.spec.names?.plural !== 'string') return;
      const neighbours = await neighbourhood.neighbours(request.access, (request.old as CrdObject).spec.group);
      crd.status = settleStatus(crd, neighbours, timestamp(clock));
    },
  };
}

function isSpecUpdate(request: AdmissionRequest): boolean {
  const { group, names } = request.resource.declaration;
  return (
    group === crdGroup && names.plural === crdPlural && request.operation === 'UPDATE' && request.subresource === ''
  );
}
