import { forbidden, type KubeObject, type StatusError } from '@canopy/apimachinery';
import { type AdmissionPlugin, type AdmissionRequest, logicalClusterName, systemMasters } from '@canopy/apiserver';
import type { DeepAuthorizer } from '../deep-authorizer.ts';
import { type ClusterDirectory, typeAnnotation } from '../logical-cluster/cluster-directory.ts';
import { userOf } from '../workspaces/new-cluster.ts';
import {
  ownerAnnotation,
  requiredGroupsAnnotation,
  type WorkspaceSpec,
  workspaceSpecOf,
  workspaceStatusOf,
} from '../workspaces/workspace-strategy.ts';
import {
  checkTypeLimits,
  type ResolvedType,
  refuse,
  typeText,
  type WorkspaceTypes,
} from '../workspaces/workspace-types.ts';
import { isAbout } from './match.ts';

const group = 'tenancy.kcp.io';

function refused(request: AdmissionRequest, why: string): StatusError {
  return forbidden({ group, resource: 'workspaces' }, request.name, why);
}

/** Owner, system-owned fields, mounts, required groups. */
export function workspaceAdmission(directory: ClusterDirectory): AdmissionPlugin {
  return {
    name: 'tenancy.kcp.io/Workspace',
    handles: (request) => isAbout(request, group, 'workspaces', ['CREATE', 'UPDATE']),
    async mutate(request) {
      const object = request.object as KubeObject;
      if (request.operation === 'CREATE') await claimOwnership(directory, request, object);
      else keepOwner(object, request.old as KubeObject);
    },
    validate(request) {
      const object = request.object as KubeObject;
      if (request.operation === 'CREATE') checkNew(request, workspaceSpecOf(object));
      else checkChange(request, object, workspaceSpecOf(request.old as KubeObject));
    },
  };
}

async function claimOwnership(
  directory: ClusterDirectory,
  request: AdmissionRequest,
  object: KubeObject,
): Promise<void> {
  const annotations = { ...object.metadata.annotations };
  if (!request.user.groups.includes(systemMasters)) annotations[ownerAnnotation] = JSON.stringify(userOf(request.user));
  const parent = await directory.logicalCluster(request.access.cluster);
  const expected = parent?.metadata.annotations?.[requiredGroupsAnnotation];
  const given = annotations[requiredGroupsAnnotation];
  if (given !== undefined && given !== expected && !request.user.groups.includes(systemMasters)) {
    throw refused(request, `missing required groups annotation ${requiredGroupsAnnotation}=${expected ?? ''}`);
  }
  if (expected !== undefined) annotations[requiredGroupsAnnotation] = expected;
  if (Object.keys(annotations).length > 0) object.metadata.annotations = annotations;
}

function keepOwner(object: KubeObject, old: KubeObject): void {
  const owner = old.metadata.annotations?.[ownerAnnotation];
  if (owner !== undefined) object.metadata.annotations = { ...object.metadata.annotations, [ownerAnnotation]: owner };
}

function checkNew(request: AdmissionRequest, spec: WorkspaceSpec): void {
  const system = request.user.groups.includes(systemMasters);
  if (spec.cluster !== undefined && !system)
    throw refused(request, 'spec.Cluster can only be set by system privileged users');
  if (spec.URL !== undefined && !system) throw refused(request, 'spec.URL can only be set by system privileged users');
  if (spec.mount === undefined) return;
  if (spec.type !== undefined) throw refused(request, 'spec.type cannot be set for mounted workspaces');
  for (const field of ['apiVersion', 'kind', 'name']) {
    if (!spec.mount.ref[field]) throw refused(request, `spec.mount.${field} must be set`);
  }
}

function checkChange(request: AdmissionRequest, object: KubeObject, old: WorkspaceSpec): void {
  const spec = workspaceSpecOf(object);
  const system = request.user.groups.includes(systemMasters);
  if (JSON.stringify(spec.type) !== JSON.stringify(old.type)) throw refused(request, 'spec.type is immutable');
  for (const field of ['cluster', 'URL'] as const) {
    if (spec[field] === old[field]) continue;
    if (spec[field] === undefined) throw refused(request, `spec.${field} cannot be unset`);
    if (!system) throw refused(request, `spec.${field} can only be changed by system privileged users`);
  }
  if (workspaceStatusOf(object).phase === 'Ready' && old.mount === undefined) {
    if (!spec.cluster) throw refused(request, 'spec.cluster must be set for phase Ready');
    if (!spec.URL) throw refused(request, 'spec.URL must be set for phase Ready');
  }
}

/** Resolves the type, checks that the user may use it and that parent and child fit, adds the type's labels. */
export function workspaceTypeExists(
  directory: ClusterDirectory,
  types: WorkspaceTypes,
  deep: DeepAuthorizer,
): AdmissionPlugin {
  return {
    name: 'tenancy.kcp.io/WorkspaceTypeExists',
    handles: (request) => isAbout(request, group, 'workspaces', ['CREATE']),
    async mutate(request) {
      const object = request.object as KubeObject;
      const spec = workspaceSpecOf(object);
      if (spec.mount !== undefined) return;
      const parentType = await typeOfCluster(directory, types, request.access.cluster);
      const type = await chooseType(types, request, spec, parentType);
      spec.type = { name: type.name, path: type.path };
      const aliases = await types.aliases(type);
      for (const alias of aliases) await checkUse(deep, request, alias);
      if (parentType !== undefined) checkTypeLimits(aliases, await types.aliases(parentType));
      const labels = type.spec.additionalWorkspaceLabels;
      if (labels !== undefined) object.metadata.labels = { ...labels, ...object.metadata.labels };
    },
  };
}

async function chooseType(
  types: WorkspaceTypes,
  request: AdmissionRequest,
  spec: WorkspaceSpec,
  parentType: ResolvedType | undefined,
): Promise<ResolvedType> {
  const wanted = spec.type ?? parentType?.spec.defaultChildWorkspaceType;
  if (wanted === undefined) {
    const parent = parentType === undefined ? request.access.cluster : typeText(parentType);
    throw refused(request, `spec.defaultChildWorkspaceType of workspace type ${parent} must be set`);
  }
  const resolved = await types.resolve(wanted, request.access.cluster);
  if (resolved === undefined)
    throw refused(request, `workspace type "${wanted.path ? `${wanted.path}:` : ''}${wanted.name}" cannot be resolved`);
  return resolved;
}

async function checkUse(deep: DeepAuthorizer, request: AdmissionRequest, type: ResolvedType): Promise<void> {
  const question = { verb: 'use', group, resource: 'workspacetypes', name: type.name };
  if (request.user.groups.includes(systemMasters)) return;
  if (await deep.allowed(request.user, logicalClusterName(type.cluster), question)) return;
  throw refused(
    request,
    `unable to use workspace type ${typeText(type)}: missing verb='use' permission on workspacetype`,
  );
}

async function typeOfCluster(
  directory: ClusterDirectory,
  types: WorkspaceTypes,
  cluster: string,
): Promise<ResolvedType | undefined> {
  const text = (await directory.logicalCluster(cluster))?.metadata.annotations?.[typeAnnotation];
  if (text === undefined) return undefined;
  const colon = text.lastIndexOf(':');
  const found = await types.resolve({ path: text.slice(0, colon), name: text.slice(colon + 1) }, cluster);
  if (found === undefined) throw refuse(`workspace type "${text}" of the parent cannot be resolved`);
  return found;
}
