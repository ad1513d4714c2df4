import { forbidden, type KubeObject } from '@canopy/apimachinery';
import { type AdmissionPlugin, type AdmissionRequest, logicalClusterName } from '@canopy/apiserver';
import type { DeepAuthorizer } from '../deep-authorizer.ts';
import type { ClusterDirectory } from '../logical-cluster/cluster-directory.ts';
import type { TypeReference, TypeSpec } from '../workspaces/workspace-types.ts';
import { isAbout } from './match.ts';

const group = 'tenancy.kcp.io';
const reserved = new Set(['any', 'system']);

/** References must say where the type is; new default bindings need the `bind` permission of whoever writes them. */
export function workspaceTypeAdmission(directory: ClusterDirectory, deep: DeepAuthorizer): AdmissionPlugin {
  return {
    name: 'tenancy.kcp.io/WorkspaceType',
    handles: (request) => isAbout(request, group, 'workspacetypes', ['CREATE', 'UPDATE']),
    async validate(request) {
      const object = request.object as KubeObject;
      const spec = (object.spec ?? {}) as TypeSpec;
      const refuse = (why: string): never => {
        throw forbidden({ group, resource: 'workspacetypes' }, request.name, why);
      };
      if (request.operation === 'CREATE' && reserved.has(request.name)) refuse(`the name ${request.name} is reserved`);
      if (request.operation === 'CREATE' && request.name === 'root' && request.access.cluster !== 'root') {
        refuse('root workspace type can only be created in root cluster');
      }
      for (const [field, reference] of referencesOf(spec))
        if (!reference.path) refuse(`.spec.${field}.path must be set`);
      const known = ((request.old?.spec ?? {}) as TypeSpec).defaultAPIBindings ?? [];
      for (const binding of spec.defaultAPIBindings ?? []) {
        if (known.some((old) => old.export === binding.export && old.path === binding.path)) continue;
        if (!(await mayBind(directory, deep, request, binding))) {
          refuse(`no permission to bind to export ${binding.path ? `${binding.path}:` : ''}${binding.export}`);
        }
      }
    },
  };
}

function referencesOf(spec: TypeSpec): [string, TypeReference][] {
  const references: [string, TypeReference][] = [];
  if (spec.defaultChildWorkspaceType !== undefined)
    references.push(['defaultChildWorkspaceType', spec.defaultChildWorkspaceType]);
  spec.limitAllowedChildren?.types?.forEach((type, i) => {
    references.push([`limitAllowedChildren.types[${i}]`, type]);
  });
  spec.limitAllowedParents?.types?.forEach((type, i) => {
    references.push([`limitAllowedParents.types[${i}]`, type]);
  });
  return references;
}

async function mayBind(
  directory: ClusterDirectory,
  deep: DeepAuthorizer,
  request: AdmissionRequest,
  binding: { path?: string; export: string },
): Promise<boolean> {
  const cluster = binding.path ? await directory.resolveName(binding.path) : request.access.cluster;
  if (cluster === undefined) return false;
  return deep.allowed(request.user, logicalClusterName(cluster), {
    verb: 'bind',
    group: 'apis.kcp.io',
    resource: 'apiexports',
    name: binding.export,
  });
}
