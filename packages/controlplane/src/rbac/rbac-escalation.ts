import { deepEqual, forbidden } from '@canopy/apimachinery';
import {
  type AdmissionPlugin,
  type AdmissionRequest,
  type Authorizer,
  type ClusterAccess,
  groupResourceOf,
  type UserInfo,
} from '@canopy/apiserver';
import { type BindingObject, type RbacRule, type RoleObject, type RoleReference, rbacGroup } from './rbac-objects.ts';

export interface RbacEscalationOptions {
  authorizer: Authorizer;
  /** Rules that a user holds in a namespace; `''`: in the whole logical cluster. */
  rulesOf(user: UserInfo, access: ClusterAccess, namespace: string): Promise<readonly RbacRule[]>;
  /** Rules of a role; undefined when there is no such role. */
  rulesOfRole(access: ClusterAccess, namespace: string, role: RoleReference): Promise<readonly RbacRule[] | undefined>;
  /** The part of `wanted` that `held` does not cover. */
  uncovered(held: readonly RbacRule[], wanted: readonly RbacRule[]): readonly RbacRule[];
}

const roles: ReadonlySet<string> = new Set(['roles', 'clusterroles']);
const bindings: ReadonlySet<string> = new Set(['rolebindings', 'clusterrolebindings']);

/** Aggregation can collect anything: writing the selectors takes the right to everything. */
const everything: readonly RbacRule[] = [
  { verbs: ['*'], apiGroups: ['*'], resources: ['*'] },
  { verbs: ['*'], nonResourceURLs: ['*'] },
];

/**
 * Nobody grants permissions that they do not have themselves, unless they hold the verb `escalate` on the role or `bind`
 * on the role that is bound. Source: Kubernetes documentation, "Using RBAC Authorization", section "Privilege escalation
 * prevention and bootstrapping".
 */
export function rbacEscalation(options: RbacEscalationOptions): AdmissionPlugin {
  return {
    name: 'RBACEscalation',
    handles(request) {
      const { group, names } = request.resource.declaration;
      if (group !== rbacGroup || request.operation === 'DELETE') return false;
      return roles.has(names.plural) || bindings.has(names.plural);
    },
    async validate(request) {
      if (roles.has(request.resource.declaration.names.plural)) await checkRole(request, options);
      else await checkBinding(request, options);
    },
  };
}

async function checkRole(request: AdmissionRequest, options: RbacEscalationOptions): Promise<void> {
  const role = request.object as RoleObject;
  const old = request.old as RoleObject | undefined;
  const sameAggregation = deepEqual(old?.aggregationRule ?? null, role.aggregationRule ?? null);
  if (old !== undefined && sameAggregation && deepEqual(old.rules ?? [], role.rules ?? [])) return;
  const wanted = [...(role.rules ?? []), ...(role.aggregationRule ? everything : [])];
  if (wanted.length === 0) return;
  const { names } = request.resource.declaration;
  if (await holds(request, options.authorizer, { verb: 'escalate', resource: names.plural, name: request.name }))
    return;
  await requireRules(request, options, wanted);
}

async function checkBinding(request: AdmissionRequest, options: RbacEscalationOptions): Promise<void> {
  const binding = request.object as BindingObject;
  const old = request.old as BindingObject | undefined;
  if (!binding.roleRef?.name) return;
  if (
    old !== undefined &&
    deepEqual(old.roleRef, binding.roleRef) &&
    deepEqual(old.subjects ?? [], binding.subjects ?? [])
  )
    return;
  const { roleRef } = binding;
  const resource = roleRef.kind === 'Role' ? 'roles' : 'clusterroles';
  if (await holds(request, options.authorizer, { verb: 'bind', resource, name: roleRef.name })) return;
  const rules = await options.rulesOfRole(request.access, request.namespace ?? '', roleRef);
  if (rules === undefined) {
    throw forbidden(
      groupResourceOf(request.resource),
      request.name,
      `${resource}.${rbacGroup} ${JSON.stringify(roleRef.name)} not found`,
    );
  }
  await requireRules(request, options, rules);
}

async function holds(
  request: AdmissionRequest,
  authorizer: Authorizer,
  what: { verb: string; resource: string; name: string },
): Promise<boolean> {
  const { decision } = await authorizer.authorize({
    user: request.user,
    cluster: request.access.cluster,
    wildcard: false,
    resourceRequest: true,
    group: rbacGroup,
    version: '*',
    subresource: '',
    namespace: request.namespace ?? '',
    path: '',
    ...what,
  });
  return decision === 'allow';
}

async function requireRules(
  request: AdmissionRequest,
  options: RbacEscalationOptions,
  wanted: readonly RbacRule[],
): Promise<void> {
  const held = await options.rulesOf(request.user, request.access, request.namespace ?? '');
  const missing = options.uncovered(held, wanted);
  if (missing.length === 0) return;
  const { name, groups } = request.user;
  const who = `user ${JSON.stringify(name)} (groups=[${groups.map((group) => JSON.stringify(group)).join(' ')}])`;
  const why = `${who} is attempting to grant RBAC permissions not currently held:\n${missing.map(ruleText).join('\n')}`;
  throw forbidden(groupResourceOf(request.resource), request.name, why);
}

const ruleFields = [
  ['APIGroups', 'apiGroups'],
  ['Resources', 'resources'],
  ['ResourceNames', 'resourceNames'],
  ['NonResourceURLs', 'nonResourceURLs'],
  ['Verbs', 'verbs'],
] as const;

function ruleText(rule: RbacRule): string {
  const parts: string[] = [];
  for (const [label, field] of ruleFields) {
    const list = rule[field] ?? [];
    if (list.length > 0) parts.push(`${label}:[${list.map((text) => JSON.stringify(text)).join(' ')}]`);
  }
  return `{${parts.join(', ')}}`;
}
