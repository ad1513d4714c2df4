import type { KubeObject } from '@canopy/apimachinery';
import { systemMasters, type UserInfo } from '../authentication/authenticator.ts';
import type { Authorization, AuthorizationAttributes } from './authorizer.ts';
import { effectiveUsers, isInScope, isServiceAccount } from './effective-users.ts';
import type { ClusterRules } from './rbac/rbac.ts';

/** Groups of the system that are not held up at the door of a workspace. */
const logicalClusterAdmins = ['system:kcp:logical-cluster-admin', 'system:kcp:external-logical-cluster-admin'];
const requiredGroupsExempt = [
  systemMasters,
  'system:kcp:admin',
  'system:kcp:tenancy:workspace-bootstrapper',
  ...logicalClusterAdmins,
];
const wildcardGroups = ['system:kcp:admin', 'system:kcp:tenancy:workspace-bootstrapper', ...logicalClusterAdmins];
const requiredGroupsAnnotation = 'authorization.kcp.io/required-groups';
const enterablePhases = new Set(['Initializing', 'Ready', 'Inactive', 'Terminating', 'Deleting']);

/** What a step of the chain says: stop with a decision, or go on. */
export type Step = Authorization | 'continue';

/** What the steps look at, read from the store (or its caches) before them. */
export interface ClusterFacts {
  /** The LogicalCluster; undefined when there is none, or the request is for no one cluster. */
  object: KubeObject | undefined;
  /** RBAC of the cluster and of `system:admin`. */
  rules: ClusterRules;
}

function stop(decision: Authorization['decision'], authorizer: string, reason: string): Authorization {
  return { decision, authorizer, reason };
}

function inAny(users: readonly UserInfo[], groups: readonly string[]): boolean {
  return users.some((user) => user.groups.some((group) => groups.includes(group)));
}

/** `a,b;c`: all of a and b, or c. */
export function requiredGroups(attributes: AuthorizationAttributes, { object }: ClusterFacts): Step {
  if (attributes.cluster === undefined || attributes.cluster.startsWith('system:')) return 'continue';
  const rule = object?.metadata.annotations?.[requiredGroupsAnnotation];
  if (rule === undefined || rule === '') return 'continue';
  const users = effectiveUsers(attributes.user, attributes.cluster);
  if (inAny(users, requiredGroupsExempt) || isServiceAccount(attributes.user)) return 'continue';
  const alternatives = rule.split(';').map((alternative) => alternative.split(','));
  const satisfied = users.some((user) =>
    alternatives.some((all) => all.every((group) => user.groups.includes(group.trim()))),
  );
  return satisfied ? 'continue' : stop('deny', '01-requiredgroups', `user is not a member of required groups: ${rule}`);
}

const mayAccess = {
  verb: 'access',
  resourceRequest: false,
  path: '/',
  group: '',
  resource: '',
  subresource: '',
  namespace: '',
  name: '',
};

/** May this user enter the workspace at all? */
export function workspaceContent(attributes: AuthorizationAttributes, { object, rules }: ClusterFacts): Step {
  const name = '02-content';
  const { cluster, user } = attributes;
  const users = effectiveUsers(user, cluster);
  if (cluster?.startsWith('system:') === true) return stop('no-opinion', name, 'only for the system itself');
  if (cluster === undefined) {
    // All clusters at once: what the system's own policy grants is judged by the next steps.
    return inAny(users, wildcardGroups) ? 'continue' : stop('no-opinion', name, 'only for the system itself');
  }
  if (inAny(users, logicalClusterAdmins)) return 'continue';
  if (object === undefined) return stop('deny', name, 'LogicalCluster not found');
  const phase = (object.status as { phase?: string } | undefined)?.phase ?? '';
  if (!enterablePhases.has(phase)) return stop('no-opinion', name, `not permitted due to phase "${phase}"`);
  if (isServiceAccount(user) && isInScope(user, cluster)) return 'continue';
  for (const effective of users) if (rules.check(effective, mayAccess).allowed) return 'continue';
  return stop('no-opinion', name, 'no verb=access permission on /');
}

/** Status of bindings and exports is the system's. */
export function systemStatus(attributes: AuthorizationAttributes): Step {
  if (attributes.group !== 'apis.kcp.io' || attributes.subresource !== 'status') return 'continue';
  if (attributes.resource === 'apibindings')
    return stop('deny', '03-systemcrd', 'apibinding status updates not permitted');
  if (attributes.resource === 'apiexports')
    return stop('deny', '03-systemcrd', 'apiexport status updates not permitted');
  return 'continue';
}

/** The actual grants: RBAC of the cluster and of `system:admin`, for any identity that the request acts as. */
export function grants(attributes: AuthorizationAttributes, rules: ClusterRules): Authorization {
  for (const user of effectiveUsers(attributes.user, attributes.cluster)) {
    const verdict = rules.check(user, attributes);
    if (verdict.allowed)
      return stop('allow', '05-rbac', `RBAC: allowed by binding "${verdict.binding}" for user "${user.name}"`);
  }
  return stop('no-opinion', '05-rbac', 'no RBAC rule matches');
}
