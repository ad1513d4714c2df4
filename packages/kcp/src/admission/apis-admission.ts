import { forbidden, type KubeObject } from '@canopy/apimachinery';
import { type AdmissionPlugin, type AdmissionRequest, logicalClusterName } from '@canopy/apiserver';
import type { ClaimLabels } from '../apis/cluster-claims.ts';
import { type BindingClaim, bindingSpecOf, exportSpecOf, exportText } from '../apis/export-model.ts';
import type { DeepAuthorizer } from '../deep-authorizer.ts';
import type { ClusterDirectory } from '../logical-cluster/cluster-directory.ts';
import { claimLabelKey, claimLabelPrefix, claimLabelValue, exportHash, reflexiveClaimValue } from '../names.ts';
import { isAbout, isPrivileged } from './match.ts';

const group = 'apis.kcp.io';
export const bindingFinalizer = 'apis.kcp.io/apibinding-finalizer';

/** Who binds needs the `bind` verb on the export, in the export's cluster; the answer does not tell missing from forbidden. */
export function apiBindingAdmission(directory: ClusterDirectory, deep: DeepAuthorizer): AdmissionPlugin {
  return {
    name: 'apis.kcp.io/APIBinding',
    handles: (request) => isAbout(request, group, 'apibindings', ['CREATE', 'UPDATE']),
    async mutate(request) {
      const object = request.object as KubeObject;
      const reference = bindingSpecOf(object).reference?.export;
      if (reference === undefined) return;
      const cluster = await directory.resolveName(reference.path || request.access.cluster);
      if (cluster === undefined) return;
      object.metadata.labels = { ...bindingLabels(object, cluster, reference.name) };
    },
    async validate(request) {
      const object = request.object as KubeObject;
      checkClaims(request, bindingSpecOf(object).permissionClaims ?? []);
      const reference = bindingSpecOf(object).reference?.export;
      if (request.operation === 'UPDATE') {
        const before = bindingSpecOf(request.old as KubeObject).reference?.export;
        if (reference?.name !== before?.name || (reference?.path ?? '') !== (before?.path ?? '')) {
          throw refuse(request, 'spec.reference: APIExport reference must not be changed');
        }
        return;
      }
      if (reference === undefined) return;
      await checkBind(directory, deep, request, { reference, what: 'unable to create APIBinding: ' });
    },
  };
}

/** Labels by which an export's bindings are found; claim labels of other exports stay. */
function bindingLabels(object: KubeObject, exportCluster: string, exportName: string): Record<string, string> {
  const labels = { ...object.metadata.labels };
  for (const key of Object.keys(labels)) if (key === claimLabelKey(exportCluster, exportName)) delete labels[key];
  labels['internal.apis.kcp.io/export'] = exportHash(exportCluster, exportName);
  const own = bindingSpecOf(object).permissionClaims?.find(
    (claim) => claim.group === group && claim.resource === 'apibindings' && claim.state === 'Accepted',
  );
  labels[claimLabelKey(exportCluster, exportName)] = own === undefined ? reflexiveClaimValue : claimLabelValue(own);
  return labels;
}

export async function checkBind(
  directory: ClusterDirectory,
  deep: DeepAuthorizer,
  request: AdmissionRequest,
  input: { reference: { path?: string; name: string }; what: string },
): Promise<void> {
  const { reference, what } = input;
  const cluster = await directory.resolveName(reference.path || request.access.cluster);
  const question = { verb: 'bind', group, resource: 'apiexports', name: reference.name };
  if (cluster !== undefined && (await deep.allowed(request.user, logicalClusterName(cluster), question))) return;
  throw refuse(
    request,
    `${what}no permission to bind to export ${exportText({ ...reference, path: reference.path || request.access.cluster })}`,
  );
}

function refuse(request: AdmissionRequest, why: string): Error {
  return forbidden({ group, resource: request.resource.declaration.names.plural }, request.name, why);
}

function checkClaims(request: AdmissionRequest, claims: readonly BindingClaim[]): void {
  const seen = new Set<string>();
  claims.forEach((claim, i) => {
    const key = `${claim.group ?? ''}/${claim.resource}/${claim.identityHash ?? ''}`;
    if (seen.has(key)) throw refuse(request, `spec.permissionClaims[${i}]: duplicate claim for ${claim.resource}`);
    seen.add(key);
    const selector = claim.selector ?? {};
    const byLabels = selector.matchLabels !== undefined || selector.matchExpressions !== undefined;
    if ((selector.matchAll === true) === byLabels) {
      throw refuse(
        request,
        `spec.permissionClaims[${i}].selector: exactly one of matchAll or matchLabels/matchExpressions must be set`,
      );
    }
  });
}

export const apiBindingFinalizer: AdmissionPlugin = {
  name: 'apis.kcp.io/APIBindingDeletionFinalizer',
  handles: (request) => isAbout(request, group, 'apibindings', ['CREATE', 'UPDATE']),
  mutate(request) {
    const { metadata } = request.object as KubeObject;
    if (request.operation === 'CREATE')
      metadata.finalizers = [...new Set([...(metadata.finalizers ?? []), bindingFinalizer])];
  },
  validate(request) {
    if (request.operation !== 'UPDATE' || isPrivileged(request)) return;
    const had = request.old?.metadata.finalizers?.includes(bindingFinalizer) === true;
    const has = request.object?.metadata.finalizers?.includes(bindingFinalizer) === true;
    if (had && !has) throw refuse(request, `removing the finalizer ${bindingFinalizer} is forbidden`);
  },
};

export function endpointSliceAdmission(directory: ClusterDirectory, deep: DeepAuthorizer): AdmissionPlugin {
  return {
    name: 'apis.kcp.io/APIExportEndpointSlice',
    handles: (request) => isAbout(request, group, 'apiexportendpointslices', ['CREATE', 'UPDATE']),
    async validate(request) {
      const reference = (request.object?.spec as { export?: { path?: string; name: string } } | undefined)?.export;
      if (request.operation === 'UPDATE') {
        const before = (request.old?.spec as { export?: unknown } | undefined)?.export;
        if (JSON.stringify(reference) !== JSON.stringify(before))
          throw refuse(request, 'spec.export: APIExport reference must not be changed');
        return;
      }
      if (reference !== undefined) await checkBind(directory, deep, request, { reference, what: '' });
    },
  };
}

/** Claims without an identity are only possible for what every cluster has; schema names must fit their resource. */
export function apiExportAdmission(isNative: (group: string, resource: string) => boolean): AdmissionPlugin {
  return {
    name: 'apis.kcp.io/APIExport',
    handles: (request) => isAbout(request, group, 'apiexports', ['CREATE', 'UPDATE']),
    validate(request) {
      const spec = exportSpecOf(request.object as KubeObject);
      spec.permissionClaims?.forEach((claim, i) => {
        const native = claim.group === group || isNative(claim.group ?? '', claim.resource);
        if (!native && !claim.identityHash) {
          throw refuse(
            request,
            `spec.permissionClaims[${i}].identityHash: Required value: identityHash is required for API types that are not built-in`,
          );
        }
        if (native && claim.group !== group && claim.identityHash) {
          throw refuse(
            request,
            `spec.permissionClaims[${i}].identityHash: Forbidden: identityHash must be empty for built-in API types`,
          );
        }
      });
      spec.resources?.forEach((resource, i) => {
        const suffix = `.${resource.name}.${resource.group === '' ? 'core' : resource.group}`;
        if (!resource.schema.endsWith(suffix)) {
          throw refuse(
            request,
            `spec.resources[${i}].schema: Invalid value: "${resource.schema}": must end in "${suffix}"`,
          );
        }
      });
    },
  };
}

/** Keeps the claim labels of every object right, whoever writes it and whatever they put there. */
export function permissionClaimLabels(claims: ClaimLabels): AdmissionPlugin {
  return {
    name: 'apis.kcp.io/PermissionClaims',
    handles: (request) =>
      request.operation !== 'DELETE' && !isAbout(request, group, 'apibindings', ['CREATE', 'UPDATE']),
    mutate(request) {
      const object = request.object as KubeObject;
      const { group: of, names } = request.resource.declaration;
      const resource = { group: of, resource: names.plural, identity: request.resource.identity };
      const wanted = claims.labelsFor(request.access.cluster, resource, object);
      return wanted instanceof Promise
        ? wanted.then((labels) => setClaimLabels(object, labels))
        : setClaimLabels(object, wanted);
    },
  };
}

function setClaimLabels({ metadata }: KubeObject, wanted: Readonly<Record<string, string>>): void {
  const labels = metadata.labels ?? {};
  const stale = Object.keys(labels).some((key) => key.startsWith(claimLabelPrefix) && wanted[key] !== labels[key]);
  const missing = Object.keys(wanted).some((key) => labels[key] !== wanted[key]);
  if (!stale && !missing) return;
  const kept = Object.entries(labels).filter(([key]) => !key.startsWith(claimLabelPrefix));
  const next = Object.fromEntries([...kept, ...Object.entries(wanted)]);
  if (Object.keys(next).length === 0) delete metadata.labels;
  else metadata.labels = next;
}
