import { type CrdNeighbourhood, crdNamesAdmission } from '@canopy/apiextensions';
import { type AdmissionPlugin, effectiveUsers, rulesCover } from '@canopy/apiserver';
import {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  NamespaceStates,
  namespaceLifecycle,
  rbacEscalation,
  resourceQuota,
} from '@canopy/controlplane';
import {
  apiBindingAdmission,
  apiBindingFinalizer,
  apiExportAdmission,
  type BindingWorld,
  type ClaimLabels,
  type ClusterDirectory,
  crdNoOverlap,
  endpointSliceAdmission,
  lockedByBinding,
  logicalClusterAdmission,
  type NativeKinds,
  pathAnnotationAdmission,
  permissionClaimLabels,
  readLocks,
  reservedCrdAnnotations,
  reservedCrdGroups,
  type WorkspaceTypes,
  workspaceAdmission,
  workspaceTypeAdmission,
  workspaceTypeExists,
} from '@canopy/kcp';
import type { AccessControl } from './access.ts';

export interface AdmissionParts {
  world: BindingWorld;
  types: WorkspaceTypes;
  access: AccessControl;
  native: NativeKinds;
  neighbourhood: CrdNeighbourhood;
  claims: ClaimLabels;
}

/** Admission plugins in execution order, as kcp orders them. Quota is last: it reserves. */
export function admissionChain({
  world,
  types,
  access,
  native,
  neighbourhood,
  claims,
}: AdmissionParts): AdmissionPlugin[] {
  const { registry, directory } = world;
  const { deep, authorizer } = access;
  const namespaces = new NamespaceStates(registry);
  return [
    namespaceLifecycle({
      namespaceState: (access, namespace) => namespaces.of(access, namespace),
      async isClusterDeleting(cluster) {
        return (await directory.logicalCluster(cluster))?.metadata.deletionTimestamp !== undefined;
      },
    }),
    certificateApproval(authorizer),
    certificateSigning(authorizer),
    certificateSubjectRestriction,
    escalation(access),
    workspaceAdmission(directory),
    workspaceTypeAdmission(directory, deep),
    workspaceTypeExists(directory, types, deep),
    logicalClusterAdmission,
    apiExportAdmission((group, resource) =>
      native.everywhere.some(({ declaration }) => declaration.group === group && declaration.names.plural === resource),
    ),
    apiBindingAdmission(directory, deep),
    apiBindingFinalizer,
    endpointSliceAdmission(directory, deep),
    reservedCrdAnnotations,
    reservedCrdGroups,
    crdNoOverlap((cluster, name) => bindingOf(directory, cluster, name)),
    crdNamesAdmission({ neighbourhood, clock: registry.clock }),
    permissionClaimLabels(claims),
    pathAnnotationAdmission(directory),
    resourceQuota({ registry, quotas: native.find('', 'resourcequotas') }),
  ];
}

/** Nobody hands out more than they hold, as any of the identities that they act as. */
function escalation({ authorizer, rbac }: AccessControl): AdmissionPlugin {
  return rbacEscalation({
    authorizer,
    async rulesOf(user, { cluster }, namespace) {
      const rules = await Promise.all(
        effectiveUsers(user, cluster).map((effective) => rbac.rulesFor(effective, cluster, namespace)),
      );
      return rules.flat();
    },
    rulesOfRole: ({ cluster }, namespace, role) =>
      rbac.rulesOfRole(cluster, namespace, role) as ReturnType<Parameters<typeof rbacEscalation>[0]['rulesOfRole']>,
    uncovered: (held, wanted) => wanted.filter((rule) => !rulesCover(held as never, rule as never)),
  });
}

async function bindingOf(directory: ClusterDirectory, cluster: string, resource: string): Promise<string | undefined> {
  const object = await directory.logicalCluster(cluster);
  return object === undefined ? undefined : lockedByBinding(readLocks(object)[resource]);
}
