import type { KubeObject } from '@canopy/apimachinery';
import { isStatusError } from '@canopy/apimachinery';
import type { DynamicClient, GroupVersionResource, Logger } from '@canopy/client';
import { applyObject, sleep, systemClock } from '@canopy/client';
import { apiExport, bindPermission } from './api/api-export.ts';
import { resourceSchema } from './api/resource-schema.ts';

const kcp = (resource: string, version: string): GroupVersionResource => ({ group: 'apis.kcp.io', version, resource });
const rbac = (resource: string): GroupVersionResource => ({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  resource,
});
const fieldManager = 'provider-postgres';

/** Publishes the API in a workspace, or brings what is there up to date. May be repeated; needs an admin of the workspace. */
export async function setUp(client: DynamicClient, workspace: string, logger: Logger): Promise<void> {
  await ensureWorkspaces(client, workspace, logger);
  const here = client.cluster(workspace);
  const schema = resourceSchema();
  await here
    .resource(kcp('apiresourceschemas', 'v1alpha1'))
    .create(schema)
    .catch((error: unknown) => {
      if (!isStatusError(error, 'AlreadyExists')) throw error;
    });
  const { role, binding } = bindPermission();
  const objects: [GroupVersionResource, KubeObject][] = [
    [kcp('apiexports', 'v1alpha2'), apiExport(schema.metadata.name)],
    [rbac('clusterroles'), role],
    [rbac('clusterrolebindings'), binding],
  ];
  for (const [resource, object] of objects) {
    await applyObject(here.resource(resource), object, { fieldManager });
    logger.info({ kind: object.kind, name: object.metadata.name }, 'applied');
  }
}

const workspaces: GroupVersionResource = { group: 'tenancy.kcp.io', version: 'v1alpha1', resource: 'workspaces' };
const readyWithinMs = 30_000;

/** Makes the workspaces of a path that do not exist, each below the one before; the first, `root`, always does. */
async function ensureWorkspaces(client: DynamicClient, workspace: string, logger: Logger): Promise<void> {
  const names = workspace.split(':');
  if (names[0] !== 'root' || (await isReachable(client.cluster(workspace)))) return;
  for (let depth = 1; depth < names.length; depth++) {
    const parent = client.cluster(names.slice(0, depth).join(':')).resource(workspaces);
    const name = names[depth]!;
    const type = depth === 1 && names.length > 2 ? 'organization' : 'universal';
    const until = systemClock.ticks() + readyWithinMs;
    for (;;) {
      const found = await getOrCreate(parent, name, type);
      if ((found as { status?: { phase?: string } }).status?.phase === 'Ready') break;
      if (systemClock.ticks() > until) throw new Error(`workspace ${name} does not become ready`);
      await sleep(systemClock, 50);
    }
    logger.debug({ name }, 'workspace is there');
  }
}

/** Who owns a workspace need not see those above it. One that does not exist is answered like a forbidden one. */
async function isReachable(client: DynamicClient): Promise<boolean> {
  try {
    await client.resource(kcp('apiexports', 'v1alpha2')).list({ limit: 1 });
    return true;
  } catch (error) {
    if (isStatusError(error, 'Forbidden') || isStatusError(error, 'NotFound')) return false;
    throw error;
  }
}

async function getOrCreate(parent: ReturnType<DynamicClient['resource']>, name: string, type: string) {
  try {
    return await parent.get(name);
  } catch (error) {
    if (!isStatusError(error, 'NotFound')) throw error;
  }
  const wanted = {
    apiVersion: 'tenancy.kcp.io/v1alpha1',
    kind: 'Workspace',
    metadata: { name },
    spec: { type: { name: type, path: 'root' } },
  };
  return parent.create(wanted as KubeObject);
}
