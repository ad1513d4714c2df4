import { randomBytes, randomUUID } from 'node:crypto';
import { crdStrategy, storedNeighbourhood } from '@canopy/apiextensions';
import {
  type AdmissionPlugin,
  ListCache,
  type Registry,
  type Strategy,
  systemMasters,
  type UserInfo,
} from '@canopy/apiserver';
import { namespaceLifecycle, strategies } from '@canopy/controlplane';
import {
  apiBindingAdmission,
  apiBindingFinalizer,
  apiBindingStrategy,
  apiExportStrategy,
  apiResourceSchemaStrategy,
  type BindingWorld,
  bootstrap,
  ClusterClaims,
  ClusterDirectory,
  convertApiBinding,
  convertApiExport,
  ExportCache,
  endpointSliceStrategy,
  isIndexedLabel,
  namespaceWithDefaults,
  nativeKinds,
  permissionClaimLabels,
  type ShardSettings,
  WorkspaceSurfaces,
  WorkspaceTypes,
  workspaceAdmission,
  workspaceStrategy,
  workspaceTypeExists,
} from '@canopy/kcp';
import { type Change, ChangeHub, MemoryStorage, objectKey, type Storage } from '@canopy/storage';
import { ClusterApi } from './cluster-api.ts';

/** The parts of a server that work on the store, without listening anywhere. */
export interface ControlPlane {
  storage: Storage;
  registry: Registry;
  world: BindingWorld;
  surfaces: WorkspaceSurfaces;
  types: WorkspaceTypes;
  claims: ClusterClaims;
  shard: ShardSettings;
  /** Requests to one logical cluster, with the admission of the kcp kinds; by default as `system:masters`. */
  api(cluster: string, user?: UserInfo): ClusterApi;
  /** Stops to follow the store, as a process that ends; the store stays open. */
  close(): void;
}

export interface ControlPlaneOptions {
  /** Default: a new one in memory. */
  storage?: Storage;
  clock?: { now(): number };
  /** Whether a Workspace's location selector admits the one shard. Default: any. */
  matches?: ShardSettings['matches'];
}

const maxObjectBytes = 3 * 1024 * 1024;
const directoryCapacity = 1000;
const master: UserInfo = { name: 'system:admin', groups: [systemMasters] };

/** A control plane over a store that is brought to its bootstrap state if it is new. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const storage = options.storage ?? new MemoryStorage();
  const clock = options.clock ?? { now: () => Date.now() };
  const shard: ShardSettings = {
    name: 'root',
    externalUrl: 'https://127.0.0.1:6443',
    virtualWorkspaceUrl: 'https://127.0.0.1:6443',
    rootCa: 'test CA',
    matches: options.matches ?? (() => true),
  };
  const hub = await ChangeHub.start(storage);
  const registry: Registry = {
    storage,
    hub,
    lists: new ListCache(hub, 1024 * 1024),
    clock,
    ids: { uuid: () => randomUUID(), suffix: (length) => randomBytes(length).toString('hex').slice(0, length) },
    maxObjectBytes,
    isIndexedLabel,
    leases: { leaseFor: (seconds) => storage.grantLease(seconds) },
  };
  const directory = new ClusterDirectory(storage, directoryCapacity);
  const exports = new ExportCache(storage);
  const types = new WorkspaceTypes(storage, directory);
  const world = { registry, directory, exports } as BindingWorld;
  let surfaces: WorkspaceSurfaces | undefined;
  const lateSurfaces = { surface: (target) => (surfaces as WorkspaceSurfaces).surface(target) } as WorkspaceSurfaces;
  world.native = nativeKinds({
    strategies: new Map([...strategies, ...kcpStrategies(world, { types, shard, surfaces: lateSurfaces })]),
    conversions: new Map([
      ['apis.kcp.io/apiexports', convertApiExport],
      ['apis.kcp.io/apibindings', convertApiBinding],
    ]),
    storedElsewhere: new Map(),
  });
  surfaces = new WorkspaceSurfaces(storage, world.native);
  const claims = new ClusterClaims(storage, exports, world.native);
  const caches: { onChanges(changes: readonly Change[]): void }[] = [directory, exports, types, surfaces, claims];
  hub.subscribeAll((changes) => {
    for (const cache of caches) cache.onChanges(changes);
  });
  await bootstrap({ world, shard, systemPolicy: [], rootPolicy: [] });
  const admission = admissionOf(world, types, claims);
  return {
    storage,
    registry,
    world,
    surfaces,
    types,
    claims,
    shard,
    api: (cluster, user = master) => new ClusterApi({ registry, surfaces, admission, cluster, user }),
    close: () => hub.close(),
  };
}

interface StrategyParts {
  types: WorkspaceTypes;
  shard: ShardSettings;
  surfaces: WorkspaceSurfaces;
}

function kcpStrategies(world: BindingWorld, { types, shard, surfaces }: StrategyParts): [string, Strategy][] {
  const definitions = storedNeighbourhood({ registry: world.registry, boundNames: async () => [] });
  return [
    ['/namespaces', namespaceWithDefaults(strategies.get('/namespaces') as Strategy, world, shard)],
    ['tenancy.kcp.io/workspaces', workspaceStrategy(world, types, shard)],
    ['apis.kcp.io/apiexports', apiExportStrategy(world, shard)],
    ['apis.kcp.io/apibindings', apiBindingStrategy(world, surfaces)],
    ['apis.kcp.io/apiexportendpointslices', endpointSliceStrategy(world, shard)],
    ['apis.kcp.io/apiresourceschemas', apiResourceSchemaStrategy],
    ['apiextensions.k8s.io/customresourcedefinitions', crdStrategy(definitions)],
  ];
}

function admissionOf(
  { registry, directory }: BindingWorld,
  types: WorkspaceTypes,
  claims: ClusterClaims,
): AdmissionPlugin[] {
  const everybody = { allowed: async () => true };
  return [
    namespaceLifecycle({
      async namespaceState({ cluster }, name) {
        const kv = await registry.storage.get(objectKey({ group: '', resource: 'namespaces', cluster, name }));
        if (kv === undefined) return 'missing';
        return Buffer.from(kv.value).includes('"deletionTimestamp"') ? 'terminating' : 'active';
      },
      isClusterDeleting: async (cluster) =>
        (await directory.logicalCluster(cluster))?.metadata.deletionTimestamp !== undefined,
    }),
    workspaceAdmission(directory),
    workspaceTypeExists(directory, types, everybody),
    apiBindingAdmission(directory, everybody),
    apiBindingFinalizer,
    permissionClaimLabels(claims),
  ];
}
