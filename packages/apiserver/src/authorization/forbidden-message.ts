import type { AuthorizationAttributes } from './authorizer.ts';

/** Reasons that would tell whether a workspace exists; users get one answer for all of them. */
const noAccess = 'workspace access not permitted';
const accessSteps = [
  /^LogicalCluster not found$/,
  /^user is not a member of required groups/,
  /^not permitted due to phase/,
  /^no verb=access permission/,
  /^only for the system itself$/,
];

/** What a refused user is told, in Kubernetes' form. */
export function forbiddenMessage(attributes: AuthorizationAttributes, reason: string): string {
  const { user, verb } = attributes;
  const who = `User ${JSON.stringify(user.name)} cannot ${verb}`;
  const why = accessSteps.some((pattern) => pattern.test(reason)) ? noAccess : reason;
  const suffix = why === '' || why === 'no RBAC rule matches' ? '' : `: ${why}`;
  if (!attributes.resourceRequest) return `${who} path ${JSON.stringify(attributes.path)}${suffix}`;
  const resource =
    attributes.subresource === '' ? attributes.resource : `${attributes.resource}/${attributes.subresource}`;
  const scope =
    attributes.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(attributes.namespace)}`;
  return `${who} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(attributes.group)} ${scope}${suffix}`;
}
