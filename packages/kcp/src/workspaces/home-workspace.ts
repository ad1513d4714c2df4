import { forbidden, type KubeObject } from '@canopy/apimachinery';
import { logicalClusterName, systemAuthenticated, type UserInfo } from '@canopy/apiserver';
import type { BindingWorld } from '../apis/binding-plan.ts';
import type { DeepAuthorizer } from '../deep-authorizer.ts';
import { logicalClusterKey, readObject } from '../logical-cluster/stored-kinds.ts';
import { homeClusterName } from '../names.ts';
import type { ShardSettings } from '../shard-settings.ts';
import { newCluster } from './new-cluster.ts';
import type { WorkspaceStatus } from './workspace-strategy.ts';
import type { WorkspaceTypes } from './workspace-types.ts';

export interface HomeWorkspaces {
  world: BindingWorld;
  types: WorkspaceTypes;
  shard: ShardSettings;
  deep: DeepAuthorizer;
}

/** Answer to `GET workspaces/~` in root: the caller's home as a Workspace, made on first use. */
export async function homeWorkspace(home: HomeWorkspaces, user: UserInfo): Promise<KubeObject> {
  const { storage } = home.world.registry;
  const cluster = homeClusterName(user.name);
  const key = logicalClusterKey(cluster);
  const known = await readObject(storage, key);
  if (known !== undefined) return asWorkspace(known.object, cluster);
  await checkMayCreate(home, user);
  const created = await create(home, user, cluster);
  return asWorkspace((await readObject(storage, key))?.object ?? created, cluster);
}

async function checkMayCreate({ deep }: HomeWorkspaces, user: UserInfo): Promise<void> {
  const question = { verb: 'create', group: 'tenancy.kcp.io', resource: 'workspaces', name: '~' };
  const isKnown = user.groups.includes(systemAuthenticated) && user.name !== 'system:anonymous';
  if (isKnown && (await deep.allowed(user, logicalClusterName('root'), question))) return;
  throw forbidden({ group: 'tenancy.kcp.io', resource: 'workspaces' }, '~', 'workspace access not permitted');
}

/** Two first visits at once make one home: the second finds it there. */
async function create({ world, types, shard }: HomeWorkspaces, user: UserInfo, cluster: string): Promise<KubeObject> {
  const type = await types.resolve({ path: 'root', name: 'home' }, 'root');
  if (type === undefined)
    throw forbidden(
      { group: 'tenancy.kcp.io', resource: 'workspaces' },
      '~',
      'workspace type "root:home" cannot be resolved',
    );
  const path = `user:${user.name}`;
  const made = await newCluster(world, {
    cluster: logicalClusterName(cluster),
    path,
    url: `${shard.externalUrl}/clusters/${cluster}`,
    type,
    aliases: await types.aliases(type),
    createdBy: user,
    owner: undefined,
    annotations: {},
    shard: shard.name,
    rootCa: shard.rootCa,
  });
  const result = await world.registry.storage.transact({ compares: made.compares, operations: made.operations });
  if (result.succeeded) await world.registry.hub.waitFor(result.revision);
  return made.logicalCluster;
}

function asWorkspace(logicalCluster: KubeObject, cluster: string): KubeObject {
  const status = (logicalCluster.status ?? {}) as WorkspaceStatus & { URL?: string };
  const { annotations, labels, creationTimestamp, uid, resourceVersion } = logicalCluster.metadata;
  const text = annotations?.['internal.tenancy.kcp.io/type'] ?? 'root:home';
  const colon = text.lastIndexOf(':');
  return {
    apiVersion: 'tenancy.kcp.io/v1alpha1',
    kind: 'Workspace',
    metadata: {
      name: logicalCluster.metadata.name ?? 'cluster',
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      creationTimestamp: creationTimestamp ?? null,
      ...(labels === undefined ? {} : { labels }),
      annotations: { 'kcp.io/cluster': 'root' },
    },
    spec: { type: { path: text.slice(0, colon), name: text.slice(colon + 1) }, cluster, URL: status.URL ?? '' },
    status: {
      phase: status.phase ?? 'Scheduling',
      ...(status.conditions === undefined ? {} : { conditions: status.conditions }),
      ...(status.initializers === undefined ? {} : { initializers: status.initializers }),
    },
  };
}
