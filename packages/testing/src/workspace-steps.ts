import type { KubeObject } from '@canopy/apimachinery';
import type { AnyObject, ApiCaller } from './api-caller.ts';
import { apiExport, type DemoClaim, type DemoResource, resourceSchema } from './api-objects.ts';

export const apis = '/apis/apis.kcp.io/v1alpha2';
export const apisV1alpha1 = '/apis/apis.kcp.io/v1alpha1';
export const tenancy = '/apis/tenancy.kcp.io/v1alpha1';
export const rbac = '/apis/rbac.authorization.k8s.io/v1';
export const core = '/apis/core.kcp.io/v1alpha1';

/** Makes a workspace below the caller's and waits until it is ready. */
export async function createWorkspace(
  parent: ApiCaller,
  name: string,
  type?: { name: string; path?: string },
): Promise<AnyObject> {
  let workspace = await parent.ok('POST', `${tenancy}/workspaces`, workspaceObject(name, type));
  while ((workspace.status as { phase?: string }).phase !== 'Ready') {
    await new Promise((resolve) => setTimeout(resolve, 20));
    workspace = await parent.ok('GET', `${tenancy}/workspaces/${name}`);
  }
  return workspace;
}

export function workspaceObject(name: string, type?: { name: string; path?: string }): KubeObject {
  return {
    apiVersion: 'tenancy.kcp.io/v1alpha1',
    kind: 'Workspace',
    metadata: { name },
    spec: type === undefined ? {} : { type },
  };
}

/** Publishes resources in the caller's workspace; answers the APIExport. */
export async function publish(
  provider: ApiCaller,
  name: string,
  resources: readonly DemoResource[],
  claims: readonly DemoClaim[] = [],
): Promise<AnyObject> {
  for (const resource of resources)
    await provider.ok('POST', `${apisV1alpha1}/apiresourceschemas`, resourceSchema(resource));
  return provider.ok('POST', `${apis}/apiexports`, apiExport(name, resources, claims));
}

export interface RbacRule {
  apiGroups?: readonly string[];
  resources?: readonly string[];
  resourceNames?: readonly string[];
  nonResourceURLs?: readonly string[];
  verbs: readonly string[];
}

/** Grants rules to a user with a ClusterRole and its binding, both named `name`. */
export async function grant(
  workspace: ApiCaller,
  name: string,
  user: string,
  rules: readonly RbacRule[],
): Promise<void> {
  await workspace.ok('POST', `${rbac}/clusterroles`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name },
    rules,
  });
  await bindRole(workspace, { name, user, role: name });
}

export async function bindRole(
  workspace: ApiCaller,
  { name, user, role }: { name: string; user: string; role: string },
): Promise<void> {
  await workspace.ok('POST', `${rbac}/clusterrolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
  });
}

/** Lets a user enter a workspace; nothing more. */
export function letIn(workspace: ApiCaller, user: string): Promise<void> {
  return grant(workspace, `access-${user}`, user, [{ nonResourceURLs: ['/'], verbs: ['access'] }]);
}

/** Lets a user do everything in a workspace. */
export function makeAdmin(workspace: ApiCaller, user: string): Promise<void> {
  return bindRole(workspace, { name: `admin-${user}`, user, role: 'cluster-admin' });
}

const patienceMs = 10_000;

/** Asks again until the answer is neither undefined nor false. @throws Error when it stays so for 10 s */
export async function eventually<T>(attempt: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const answer = await attempt();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`it did not come true in ${patienceMs} ms: ${attempt.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}

/** Status and reason of a condition of an object, e.g. `False/NamingConflicts`; undefined when it has none of that type. */
export function conditionOf(object: AnyObject, type: string): string | undefined {
  const { conditions = [] } = (object.status ?? {}) as {
    conditions?: { type: string; status: string; reason?: string }[];
  };
  const found = conditions.find((condition) => condition.type === type);
  if (found === undefined) return undefined;
  return found.reason === undefined ? found.status : `${found.status}/${found.reason}`;
}
