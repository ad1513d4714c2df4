import { randomBytes, randomUUID } from 'node:crypto';
import { type CrdNeighbourhood, crdStrategy, storedNeighbourhood } from '@canopy/apiextensions';
import { ListCache, type Registry, type Strategy } from '@canopy/apiserver';
import { strategies } from '@canopy/controlplane';
import {
  apiBindingStrategy,
  apiExportStrategy,
  apiResourceSchemaStrategy,
  type BindingWorld,
  ClusterClaims,
  ClusterDirectory,
  ExportCache,
  endpointSliceStrategy,
  IdentityResources,
  isIndexedLabel,
  type NativeKinds,
  namespaceWithDefaults,
  type ShardSettings,
  WorkspaceSurfaces,
  WorkspaceTypes,
  workspaceStrategy,
} from '@canopy/kcp';
import { type Change, type ChangeHub, monotonicClock, type Storage } from '@canopy/storage';
import { leasePool } from './lease-pool.ts';
import { wireNativeKinds } from './native-kinds.ts';

/** The store with everything that is computed from it: who is where, what is served, what is claimed. */
export interface KcpWorld {
  world: BindingWorld;
  registry: Registry;
  directory: ClusterDirectory;
  exports: ExportCache;
  types: WorkspaceTypes;
  native: NativeKinds;
  surfaces: WorkspaceSurfaces;
  identities: IdentityResources;
  claims: ClusterClaims;
  neighbourhood: CrdNeighbourhood;
  /** Caches in the order in which they must hear of changes. */
  caches: readonly { onChanges(changes: readonly Change[]): void }[];
}

const directoryCapacity = 4_000;
const maxCachedListBytes = 16 * 1024 * 1024;
const maxObjectBytes = 3 * 1024 * 1024;
const alphabet = 'bcdfghjklmnpqrstvwxz2456789';

function randomSuffix(length: number): string {
  let text = '';
  for (const byte of randomBytes(length)) text += alphabet[byte % alphabet.length];
  return text;
}

export function wireKcpWorld(storage: Storage, hub: ChangeHub, shard: ShardSettings): KcpWorld {
  const clock = { now: () => Date.now() };
  const registry: Registry = {
    storage,
    hub,
    lists: new ListCache(hub, maxCachedListBytes),
    clock,
    ids: { uuid: () => randomUUID(), suffix: randomSuffix },
    maxObjectBytes,
    isIndexedLabel,
    leases: leasePool(storage, monotonicClock),
  };
  const directory = new ClusterDirectory(storage, directoryCapacity);
  const exports = new ExportCache(storage);
  const types = new WorkspaceTypes(storage, directory);
  // Strategies need the world, the world needs the kinds, the kinds need the strategies: the knot is tied here.
  const world = { registry, directory, exports } as BindingWorld;
  const late: { surfaces?: WorkspaceSurfaces } = {};
  const lateSurfaces = {
    surface: (target) => (late.surfaces as WorkspaceSurfaces).surface(target),
  } as WorkspaceSurfaces;
  const neighbourhood = neighbourhoodOf(registry, lateSurfaces);
  const native = wireNativeKinds(
    new Map<string, Strategy>([
      ['/namespaces', namespaceWithDefaults(strategies.get('/namespaces') ?? {}, world, shard)],
      ['tenancy.kcp.io/workspaces', workspaceStrategy(world, types, shard)],
      ['apis.kcp.io/apiexports', apiExportStrategy(world, shard)],
      ['apis.kcp.io/apibindings', apiBindingStrategy(world, lateSurfaces)],
      ['apis.kcp.io/apiexportendpointslices', endpointSliceStrategy(world, shard)],
      ['apis.kcp.io/apiresourceschemas', apiResourceSchemaStrategy],
      ['apiextensions.k8s.io/customresourcedefinitions', crdStrategy(neighbourhood)],
    ]),
  );
  world.native = native;
  const surfaces = new WorkspaceSurfaces(storage, native);
  late.surfaces = surfaces;
  const identities = new IdentityResources(storage, exports, surfaces, native);
  const claims = new ClusterClaims(storage, exports, native);
  const caches = [directory, exports, types, surfaces, claims];
  return { world, registry, directory, exports, types, native, surfaces, identities, claims, neighbourhood, caches };
}

/** Names that CRDs of a cluster compete with: those of its other CRDs and of everything else it serves. */
function neighbourhoodOf(registry: Registry, surfaces: WorkspaceSurfaces): CrdNeighbourhood {
  return storedNeighbourhood({
    registry,
    async boundNames(access, group) {
      const surface = await surfaces.surface({ kind: 'cluster', name: access.cluster });
      const bound = surface
        .all()
        .filter(({ declaration, origin }) => declaration.group === group && origin.kind !== 'crd');
      return bound.map(({ declaration: { names } }) => ({
        ...names,
        shortNames: [...names.shortNames],
        categories: [...names.categories],
      }));
    },
  });
}
