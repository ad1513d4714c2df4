import { forbidden, type KubeObject } from '@canopy/apimachinery';
import type { AdmissionPlugin } from '@canopy/apiserver';
import { boundCrdsCluster } from '../logical-cluster/stored-kinds.ts';
import { isAbout, isPrivileged } from './match.ts';

const definitions = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' };
const systemCrdsCluster = 'system:system-crds';

/** Annotations by which the server marks bound CRDs. */
export const reservedCrdAnnotations: AdmissionPlugin = {
  name: 'apis.kcp.io/ReservedCRDAnnotations',
  handles: (request) => isAbout(request, definitions.group, definitions.resource, ['CREATE', 'UPDATE']),
  validate(request) {
    if (request.access.cluster === boundCrdsCluster || isPrivileged(request)) return;
    for (const key of Object.keys((request.object as KubeObject).metadata.annotations ?? {})) {
      const prefix = key.split('/')[0] ?? '';
      if (prefix === 'apis.kcp.io' || prefix.endsWith('.apis.kcp.io')) {
        throw forbidden(definitions, request.name, `${key} is a reserved annotation`);
      }
    }
  },
};

/** Groups of the server's own kinds, which no CRD may shadow. */
export const reservedCrdGroups: AdmissionPlugin = {
  name: 'kcp.io/ReservedCRDGroups',
  handles: (request) => isAbout(request, definitions.group, definitions.resource, ['CREATE']),
  validate(request) {
    if (request.access.cluster === systemCrdsCluster) return;
    const { group } = ((request.object as KubeObject).spec ?? {}) as { group?: unknown };
    // What is no text is for validation to refuse, which comes later.
    if (typeof group !== 'string') return;
    if (group === 'apis.kcp.io' || group.endsWith('.apis.kcp.io'))
      throw forbidden(definitions, request.name, `${group} is a reserved group`);
  },
};

/** No CRD for what a binding serves already: it could never be reached. */
export function crdNoOverlap(
  boundBy: (cluster: string, crdName: string) => Promise<string | undefined>,
): AdmissionPlugin {
  return {
    name: 'apis.kcp.io/CRDNoOverlappingGVR',
    handles: (request) => isAbout(request, definitions.group, definitions.resource, ['CREATE']),
    async validate(request) {
      if (request.access.cluster.startsWith('system:')) return;
      const binding = await boundBy(request.access.cluster, request.name);
      if (binding !== undefined)
        throw forbidden(
          definitions,
          request.name,
          `cannot create because resource is bound by APIBinding "${binding}"`,
        );
    },
  };
}
