import type { KubeObject } from '@canopy/apimachinery';
import { isStatusError } from '@canopy/apimachinery';
import type { GroupVersionResource, ResourceClient } from '@canopy/client';
import { DynamicClient, sleep, systemClock } from '@canopy/client';
import { PlotHole } from './story.ts';

export const workspaces: GroupVersionResource = {
  group: 'tenancy.kcp.io',
  version: 'v1alpha1',
  resource: 'workspaces',
};
export const apiBindings: GroupVersionResource = { group: 'apis.kcp.io', version: 'v1alpha2', resource: 'apibindings' };
export const databases: GroupVersionResource = {
  group: 'databases.canopy.dev',
  version: 'v1alpha1',
  resource: 'postgresdatabases',
};
export const secrets: GroupVersionResource = { group: '', version: 'v1', resource: 'secrets' };
const bindings = { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'clusterrolebindings' };

const label = 'demo.canopy.dev/story';
const patienceMs = 30_000;

/** Polls until `find` finds something. @throws PlotHole that names what did not come */
export async function until<T>(what: string, find: () => Promise<T | undefined | false>): Promise<T> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > deadline) throw new PlotHole(`${what}: not within ${patienceMs / 1000} s`);
    await sleep(systemClock, 25);
  }
}

/** Makes a workspace and waits until it can be used. Its path comes back. */
export async function makeWorkspace(admin: DynamicClient, parent: string, name: string, type: string): Promise<string> {
  const collection = admin.cluster(parent).resource<KubeObject & { status?: { phase?: string } }>(workspaces);
  await collection.create({
    apiVersion: 'tenancy.kcp.io/v1alpha1',
    kind: 'Workspace',
    metadata: { name, labels: { [label]: 'true' } },
    spec: { type: { name: type, path: 'root' } },
  } as KubeObject);
  await until(`workspace ${name}`, async () => (await collection.get(name)).status?.phase === 'Ready');
  return `${parent}:${name}`;
}

export async function deleteWorkspace(admin: DynamicClient, name: string): Promise<void> {
  const collection = admin.cluster('root').resource(workspaces);
  await collection.delete(name).catch(ignoreMissing);
  await until(`end of workspace ${name}`, () => isGone(collection, name));
}

/** What earlier demos, killed too early, have left behind. */
export async function leftovers(admin: DynamicClient, olderThanMs: number): Promise<string[]> {
  const { items } = await admin.cluster('root').resource(workspaces).list({ labelSelector: label });
  return items
    .filter(({ metadata }) => Date.now() - Date.parse(metadata.creationTimestamp ?? '') > olderThanMs)
    .map(({ metadata }) => metadata.name ?? '');
}

export async function isGone(collection: ResourceClient, name: string): Promise<boolean> {
  try {
    await collection.get(name);
    return false;
  } catch (error) {
    ignoreMissing(error);
    return true;
  }
}

function ignoreMissing(error: unknown): void {
  if (!isStatusError(error, 'NotFound')) throw error;
}

/** Gives a user all rights inside one workspace, and none elsewhere. */
export async function makeAdmin(admin: DynamicClient, workspace: string, subject: object): Promise<void> {
  await admin
    .cluster(workspace)
    .resource(bindings)
    .create({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'demo-admin' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [subject],
    } as KubeObject);
}

/** A client that acts as this user, with this user's rights alone. */
export function actAs(admin: DynamicClient, user: string): DynamicClient {
  return new DynamicClient(admin.rest.withHeaders({ 'impersonate-user': user }));
}

/** A consumer: somebody with a workspace. */
export interface Consumer {
  user: string;
  workspace: string;
  client: DynamicClient;
}
