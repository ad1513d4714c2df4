import { forbidden, type KubeObject } from '@canopy/apimachinery';
import { type AdmissionPlugin, systemMasters } from '@canopy/apiserver';
import { type ClusterDirectory, pathAnnotation } from '../logical-cluster/cluster-directory.ts';

const annotated = new Set(['apis.kcp.io/apiexports', 'apis.kcp.io/apibindings', 'tenancy.kcp.io/workspacetypes']);

/** Kinds that are referred to by path carry the canonical path of their logical cluster; no other value is accepted. */
export function pathAnnotationAdmission(directory: ClusterDirectory): AdmissionPlugin {
  return {
    name: 'kcp.io/PathAnnotation',
    handles: ({ operation, resource, subresource }) =>
      operation !== 'DELETE' && subresource === '' && annotated.has(resource.key),
    async mutate(request) {
      const { metadata } = request.object as KubeObject;
      const expected = await directory.pathOf(request.access.cluster);
      const given = metadata.annotations?.[pathAnnotation];
      if (given !== undefined && given !== expected && !request.user.groups.includes(systemMasters)) {
        const { group, names } = request.resource.declaration;
        const message = `annotation for ${request.name}, "${pathAnnotation}" must match canonical path "${expected}", but got "${given}"`;
        throw forbidden({ group, resource: names.plural }, request.name, message);
      }
      metadata.annotations = { ...metadata.annotations, [pathAnnotation]: expected };
    },
  };
}
