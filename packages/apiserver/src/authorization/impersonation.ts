import {
  systemAuthenticated,
  systemMasters,
  systemUnauthenticated,
  type UserInfo,
} from '../authentication/authenticator.ts';
import type { LogicalClusterName } from '../registry/logical-cluster.ts';
import type { AuthorizationAttributes, Authorizer } from './authorizer.ts';

/** Groups that only their own members may hand on. */
const protectedGroups = [
  systemMasters,
  'system:kcp:logical-cluster-admin',
  'system:kcp:external-logical-cluster-admin',
  'system:kcp:tenancy:workspace-bootstrapper',
  'system:kcp:admin',
  systemAuthenticated,
];
/** Synthetic groups of the lifecycle virtual workspaces; nobody can ask for them. */
const syntheticGroups = /^system:kcp:(initializer|terminator):/;
const scopesKey = 'authentication.kcp.io/scopes';
const originKey = 'authentication.kcp.io/cluster-name';
const serviceAccountPrefix = 'system:serviceaccount:';

export interface ImpersonationInput {
  requestor: UserInfo;
  wanted: UserInfo;
  cluster: LogicalClusterName | undefined;
  authorizer: Authorizer;
}

export type ImpersonationVerdict =
  | { allowed: true; user: UserInfo }
  | { allowed: false; resource: string; name: string; reason: string };

/**
 * Whether somebody may act as somebody else: RBAC `impersonate` on each part of the identity in the target cluster, and
 * no way to gain a system group or to reach another cluster by it. The result is valid in the target cluster only, unless
 * the requestor is `system:masters`.
 */
export async function checkImpersonation(input: ImpersonationInput): Promise<ImpersonationVerdict> {
  const { requestor, wanted, cluster } = input;
  const isMaster = requestor.groups.includes(systemMasters);
  if (!isMaster) {
    const refused = wanted.groups.find(
      (group) => syntheticGroups.test(group) || (protectedGroups.includes(group) && !requestor.groups.includes(group)),
    );
    if (refused !== undefined)
      return {
        allowed: false,
        resource: 'groups',
        name: refused,
        reason: 'impersonation is not allowed for the requestor',
      };
    const extra = forbiddenExtra(wanted, cluster);
    if (extra !== undefined)
      return {
        allowed: false,
        resource: 'userextras',
        name: extra,
        reason: 'impersonation is not allowed for the requestor',
      };
    if (cluster === undefined)
      return {
        allowed: false,
        resource: 'users',
        name: wanted.name,
        reason: 'impersonation is invalid for the requestor',
      };
    const refusal = await missingPermission(input);
    if (refusal !== undefined) return refusal;
  }
  return { allowed: true, user: impersonated(wanted, isMaster ? undefined : cluster) };
}

/**
 * Extras by which the server itself tells what an identity is worth elsewhere: warrants are judged by their own scopes,
 * and the home of a service account names it in other clusters. Asking for them would reach out of the workspace.
 */
function forbiddenExtra(wanted: UserInfo, cluster: LogicalClusterName | undefined): string | undefined {
  for (const [key, values] of Object.entries(wanted.extra ?? {})) {
    if (!/(^|[./])kcp\.io(\/|$)/.test(key) || key === scopesKey) continue;
    if (key === originKey && values.every((value) => value === cluster)) continue;
    return key;
  }
  return undefined;
}

interface Part {
  group: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
}

async function missingPermission({
  requestor,
  wanted,
  cluster,
  authorizer,
}: ImpersonationInput): Promise<ImpersonationVerdict | undefined> {
  for (const part of partsOf(wanted)) {
    const attributes: AuthorizationAttributes = {
      user: requestor,
      cluster,
      wildcard: false,
      verb: 'impersonate',
      resourceRequest: true,
      version: '',
      path: '',
      ...part,
    };
    const { decision } = await authorizer.authorize(attributes);
    if (decision === 'allow') continue;
    const where = part.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(part.namespace)}`;
    const reason = `User ${JSON.stringify(requestor.name)} cannot impersonate resource ${JSON.stringify(part.resource)} in API group ${JSON.stringify(part.group)} ${where}`;
    return { allowed: false, resource: part.resource, name: part.name, reason };
  }
  return undefined;
}

function partsOf(wanted: UserInfo): Part[] {
  const parts: Part[] = [];
  const [namespace, name] = wanted.name.startsWith(serviceAccountPrefix)
    ? wanted.name.slice(serviceAccountPrefix.length).split(':')
    : [];
  if (namespace !== undefined && name !== undefined) {
    parts.push({ group: '', resource: 'serviceaccounts', subresource: '', namespace, name });
  } else {
    parts.push({ group: '', resource: 'users', subresource: '', namespace: '', name: wanted.name });
  }
  for (const group of wanted.groups)
    parts.push({ group: '', resource: 'groups', subresource: '', namespace: '', name: group });
  const identity = 'authentication.k8s.io';
  if (wanted.uid !== undefined)
    parts.push({ group: identity, resource: 'uids', subresource: '', namespace: '', name: wanted.uid });
  for (const [key, values] of Object.entries(wanted.extra ?? {})) {
    for (const value of values)
      parts.push({ group: identity, resource: 'userextras', subresource: key, namespace: '', name: value });
  }
  return parts;
}

function impersonated(wanted: UserInfo, scope: LogicalClusterName | undefined): UserInfo {
  const groups = [...wanted.groups];
  const [namespace] = wanted.name.startsWith(serviceAccountPrefix)
    ? wanted.name.slice(serviceAccountPrefix.length).split(':')
    : [];
  if (namespace !== undefined && groups.length === 0)
    groups.push('system:serviceaccounts', `system:serviceaccounts:${namespace}`);
  if (
    wanted.name !== 'system:anonymous' &&
    !groups.includes(systemUnauthenticated) &&
    !groups.includes(systemAuthenticated)
  ) {
    groups.push(systemAuthenticated);
  }
  const extra =
    scope === undefined
      ? wanted.extra
      : { ...wanted.extra, [scopesKey]: [...(wanted.extra?.[scopesKey] ?? []), `cluster:${scope}`] };
  return { ...wanted, groups, ...(extra === undefined ? {} : { extra }) };
}
