import type { AdmissionRequest } from '@canopy/apiserver';

/** Whether a request is about the main resource of a kind. */
export function isAbout(
  request: AdmissionRequest,
  group: string,
  resource: string,
  operations: readonly AdmissionRequest['operation'][],
): boolean {
  const { declaration } = request.resource;
  return (
    declaration.names.plural === resource &&
    declaration.group === group &&
    request.subresource === '' &&
    operations.includes(request.operation)
  );
}

/** Groups that act for the system itself and skip the rules for users. */
const privileged = new Set([
  'system:masters',
  'system:kcp:logical-cluster-admin',
  'system:kcp:external-logical-cluster-admin',
  'system:kcp:tenancy:workspace-bootstrapper',
]);

export function isPrivileged(request: AdmissionRequest): boolean {
  return request.user.groups.some((group) => privileged.has(group));
}
