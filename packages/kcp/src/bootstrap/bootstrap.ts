import { createHash } from 'node:crypto';
import { setCondition } from '@canopy/api';
import type { KubeObject } from '@canopy/apimachinery';
import {
  encodeObject,
  keyOfObject,
  type LogicalClusterName,
  logicalClusterName,
  mintClusterAccess,
  putNewObject,
  putObject,
  type ServedResource,
  timestamp,
} from '@canopy/apiserver';
import type { Compare, Operation, StorageKey } from '@canopy/storage';
import { endpointSlice, exportUrl, identityNamespace } from '../apis/apis-strategies.ts';
import { type BindingWorld, planBinding } from '../apis/binding-plan.ts';
import { logicalClusterKey, logicalClusterObjectName, readObject } from '../logical-cluster/stored-kinds.ts';
import {
  claimLabelKey,
  defaultBindingName,
  exportHash,
  identityHashOf,
  newIdentityKey,
  reflexiveClaimValue,
} from '../names.ts';
import { namespaceContent } from '../namespaces/namespace-content.ts';
import type { ShardSettings } from '../shard-settings.ts';
import { rootExports } from '../surface/native-kinds.ts';
import { exportObjectOf, schemaNameOf, schemaObjectOf } from './native-exports.ts';
import { bootstrapWorkspaceTypes } from './workspace-types.ts';

export interface BootstrapInput {
  world: BindingWorld;
  shard: ShardSettings;
  /** RBAC of `system:admin`, in force in every logical cluster. */
  systemPolicy: readonly KubeObject[];
  /** RBAC of the root workspace. */
  rootPolicy: readonly KubeObject[];
}

const markKey = '/w/bootstrap' as StorageKey;
const decoder = new TextDecoder();

const raceAttempts = 20;

/** Another replica wrote first; what is left to do has to be looked at again. */
class LostRace extends Error {}

/**
 * Brings the store to what this version of the server starts from. Everything is remembered by a hash: a start that
 * finds it in place reads one key and writes nothing. Replicas may do this at the same time: every step is a
 * compare-and-swap, and who loses one begins again.
 */
export async function bootstrap(input: BootstrapInput): Promise<void> {
  const { storage, hub } = input.world.registry;
  for (let attempt = 1; ; attempt++) {
    try {
      return await bringUp(input);
    } catch (error) {
      if (!(error instanceof LostRace) || attempt === raceAttempts) throw error;
      await hub.waitFor(await storage.currentRevision());
    }
  }
}

async function bringUp(input: BootstrapInput): Promise<void> {
  const { storage } = input.world.registry;
  const wanted = contentHash(input);
  const mark = await storage.get(markKey);
  if (mark !== undefined && decoder.decode(mark.value) === wanted) return;
  await ensureRootCluster(input);
  await ensureAll(input, logicalClusterName('system:admin'), input.systemPolicy);
  await ensureExports(input);
  await ensureAll(input, rootName, [...bootstrapWorkspaceTypes, ...input.rootPolicy, shardObject(input.shard)]);
  await ensureRootBindings(input);
  await storage.transact({
    compares: [],
    operations: [{ type: 'put', key: markKey, value: new TextEncoder().encode(wanted) }],
  });
}

const rootName = logicalClusterName('root');

function contentHash(input: BootstrapInput): string {
  const { shard } = input;
  const content = [
    input.systemPolicy,
    input.rootPolicy,
    bootstrapWorkspaceTypes,
    Object.values(rootExports).map((declarations) => declarations.map(schemaObjectOf)),
    [shard.externalUrl, shard.virtualWorkspaceUrl, shard.name, shard.region],
  ];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

async function ensureRootCluster({ world, shard }: BootstrapInput): Promise<void> {
  const { registry } = world;
  if ((await registry.storage.get(logicalClusterKey('root'))) !== undefined) return;
  const access = mintClusterAccess(rootName);
  const now = timestamp(registry.clock);
  const object: KubeObject = {
    apiVersion: 'core.kcp.io/v1alpha1',
    kind: 'LogicalCluster',
    metadata: {
      name: logicalClusterObjectName,
      labels: { 'tenancy.kcp.io/phase': 'Ready' },
      annotations: {
        'internal.tenancy.kcp.io/type': 'root:root',
        'kcp.io/path': 'root',
        'core.kcp.io/shard': shard.name,
      },
      finalizers: ['core.kcp.io/logicalcluster-deletion'],
    },
    spec: {},
    status: {
      phase: 'Ready',
      URL: `${shard.externalUrl}/clusters/root`,
      conditions: setCondition([], { type: 'WorkspaceInitialized', status: 'True' }, now),
    },
  };
  const operations: Operation[] = [
    putNewObject(registry, world.native.find('core.kcp.io', 'logicalclusters'), access, object),
  ];
  for (const name of ['default', 'kube-system'])
    operations.push(...namespaceContent(world, access, name, shard.rootCa));
  await commit(world, { compares: [{ key: logicalClusterKey('root'), modRevision: 0 }], operations });
}

async function commit(
  world: BindingWorld,
  transaction: { compares: Compare[]; operations: Operation[] },
): Promise<void> {
  const result = await world.registry.storage.transact(transaction);
  if (!result.succeeded) throw new LostRace(`bootstrap lost a race for ${result.failed.key}`);
  await world.registry.hub.waitFor(result.revision);
}

function resourceOf(world: BindingWorld, object: KubeObject): ServedResource {
  const group = object.apiVersion.includes('/') ? (object.apiVersion.split('/')[0] as string) : '';
  const plural = pluralOf[object.kind];
  if (plural === undefined) throw new RangeError(`bootstrap does not know the kind ${object.kind}`);
  return world.native.find(group, plural);
}

const pluralOf: Readonly<Record<string, string>> = {
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
  Role: 'roles',
  RoleBinding: 'rolebindings',
  WorkspaceType: 'workspacetypes',
  Shard: 'shards',
  APIResourceSchema: 'apiresourceschemas',
};

/** Creates what is missing and brings what differs to its bootstrap form; identity and age of existing objects stay. */
async function ensureAll(
  input: BootstrapInput,
  cluster: LogicalClusterName,
  objects: readonly KubeObject[],
): Promise<void> {
  const { world } = input;
  const access = mintClusterAccess(cluster);
  const operations: Operation[] = [];
  const compares: Compare[] = [];
  for (const template of objects) {
    const object = structuredClone(template);
    const resource = resourceOf(world, object);
    const key = keyOfObject(resource, access, object);
    const found = await readObject(world.registry.storage, key);
    if (found === undefined) {
      operations.push(putNewObject(world.registry, resource, access, object));
      compares.push({ key, modRevision: 0 });
      continue;
    }
    const { uid, creationTimestamp, generation } = found.object.metadata;
    object.metadata = {
      ...found.object.metadata,
      labels: { ...found.object.metadata.labels, ...object.metadata.labels },
      annotations: { ...found.object.metadata.annotations, ...object.metadata.annotations },
      uid,
      creationTimestamp,
      ...(generation === undefined ? {} : { generation }),
    };
    if (found.object.status !== undefined) object.status = found.object.status;
    if (Buffer.compare(encodeObject(object), encodeObject(found.object)) === 0) continue;
    operations.push(putObject(world.registry, resource, access, object));
    compares.push({ key, modRevision: found.revision as Compare['modRevision'] });
  }
  if (operations.length > 0) await commit(world, { compares, operations });
}

function shardObject(shard: ShardSettings): KubeObject {
  return {
    apiVersion: 'core.kcp.io/v1alpha1',
    kind: 'Shard',
    metadata: {
      name: shard.name,
      labels: { name: shard.name, ...(shard.region === undefined ? {} : { region: shard.region }) },
    },
    spec: {
      baseURL: shard.externalUrl,
      externalURL: shard.externalUrl,
      virtualWorkspaceURL: shard.virtualWorkspaceUrl,
    },
  };
}

/** Exports of our own kinds, each with an identity that is made once and stays. */
async function ensureExports(input: BootstrapInput): Promise<void> {
  const { world, shard } = input;
  const access = mintClusterAccess(rootName);
  const now = timestamp(world.registry.clock);
  await ensureAll(
    input,
    rootName,
    Object.values(rootExports).flatMap((declarations) => declarations.map(schemaObjectOf)),
  );
  const namespaceKey = keyOfObject(world.native.find('', 'namespaces'), access, named('Namespace', identityNamespace));
  if ((await world.registry.storage.get(namespaceKey)) === undefined) {
    const compares = [{ key: namespaceKey, modRevision: 0 } as const];
    await commit(world, { compares, operations: namespaceContent(world, access, identityNamespace, shard.rootCa) });
  }
  for (const [name, declarations] of Object.entries(rootExports)) {
    const resource = world.native.find('apis.kcp.io', 'apiexports');
    const object = exportObjectOf(name, declarations);
    const key = keyOfObject(resource, access, object);
    const found = await readObject(world.registry.storage, key);
    if (found !== undefined) {
      const spec = found.object.spec as { resources?: { schema: string }[] };
      const current = spec.resources?.map((entry) => entry.schema).join();
      if (current === declarations.map(schemaNameOf).join()) continue;
      const changed = {
        ...found.object,
        spec: { ...spec, resources: (object.spec as typeof spec).resources },
      } as KubeObject;
      await commit(world, {
        compares: [{ key, modRevision: found.revision as Compare['modRevision'] }],
        operations: [putObject(world.registry, resource, access, changed)],
      });
      continue;
    }
    const identity = Buffer.from(newIdentityKey());
    const secret: KubeObject = {
      ...named('Secret', name),
      metadata: { name, namespace: identityNamespace },
      type: 'Opaque',
      data: { key: identity.toString('base64') },
    };
    object.spec = { ...(object.spec as object), identity: { secretRef: { namespace: identityNamespace, name } } };
    object.status = {
      identityHash: identityHashOf(identity),
      conditions: setCondition([], { type: 'IdentityValid', status: 'True' }, now),
    };
    const slice = endpointSlice(name, { path: 'root', url: exportUrl(shard, 'root', name) }, now);
    await commit(world, {
      compares: [{ key, modRevision: 0 }],
      operations: [
        putNewObject(world.registry, world.native.find('', 'secrets'), access, secret),
        putNewObject(world.registry, resource, access, object),
        putNewObject(world.registry, world.native.find('apis.kcp.io', 'apiexportendpointslices'), access, slice),
      ],
    });
  }
}

function named(kind: string, name: string): KubeObject {
  return { apiVersion: 'v1', kind, metadata: { name } };
}

async function ensureRootBindings({ world }: BootstrapInput): Promise<void> {
  const access = mintClusterAccess(rootName);
  const resource = world.native.find('apis.kcp.io', 'apibindings');
  for (const name of Object.keys(rootExports)) {
    const binding: KubeObject = {
      apiVersion: 'apis.kcp.io/v1alpha2',
      kind: 'APIBinding',
      metadata: {
        name: defaultBindingName('root', 'root', name),
        labels: {
          'internal.apis.kcp.io/export': exportHash('root', name),
          [claimLabelKey('root', name)]: reflexiveClaimValue,
        },
        annotations: { 'kcp.io/path': 'root' },
        finalizers: ['apis.kcp.io/apibinding-finalizer'],
      },
      spec: { reference: { export: { path: 'root', name } } },
    };
    const key = keyOfObject(resource, access, binding);
    if ((await world.registry.storage.get(key)) !== undefined) continue;
    const logicalCluster = await readObject(world.registry.storage, logicalClusterKey('root'));
    const plan = await planBinding(world, { binding, cluster: rootName, logicalCluster, holders: [] });
    const put = putNewObject(world.registry, resource, access, binding);
    await commit(world, {
      compares: [...plan.compares, { key, modRevision: 0 }],
      operations: [put, ...plan.operations],
    });
  }
}
