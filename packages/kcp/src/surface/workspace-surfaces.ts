import { type CrdObject, crdDeclaration, customResourceStrategy } from '@canopy/apiextensions';
import type { KubeObject } from '@canopy/apimachinery';
import {
  type ApiSurface,
  type ClusterTarget,
  DerivedCache,
  decodeObject,
  makeSurface,
  type ServedResource,
  serveResource,
} from '@canopy/apiserver';
import { type Change, objectPrefix, parseObjectKey, type Storage } from '@canopy/storage';
import { boundCrdsCluster, crdKey, groups, readObject } from '../logical-cluster/stored-kinds.ts';
import { boundCrdOf } from './bound-crd.ts';
import type { NativeKinds } from './native-kinds.ts';

/** `status.boundResources[]` of an APIBinding. */
export interface BoundResource {
  group: string;
  resource: string;
  schema: { name: string; UID: string; identityHash: string };
  storageVersions?: string[];
}

const surfaceCapacity = 20_000;
const resourceCapacity = 2_000;
const watchedPrefixes = [`/r/${groups.apis}/apibindings/`, `/r/${groups.crd}/customresourcedefinitions/`];

/**
 * What each logical cluster serves: built-in kinds, then what its bindings bring, then its own CRDs. Surfaces with the
 * same content are one value, shared by all clusters that have it, with their compiled schemas and documents.
 */
export class WorkspaceSurfaces {
  private readonly storage: Storage;
  private readonly native: NativeKinds;
  private readonly surfaces = new DerivedCache<ApiSurface>(surfaceCapacity);
  private readonly boundCrds = new DerivedCache<{ crd: KubeObject | undefined }>(resourceCapacity);
  private readonly shared = new Map<string, ApiSurface>();
  private readonly served = new Map<string, ServedResource>();
  private readonly wildcardSurface: ApiSurface;

  constructor(storage: Storage, native: NativeKinds) {
    this.storage = storage;
    this.native = native;
    this.wildcardSurface = makeSurface([...native.everywhere, ...[...native.byRootExport.values()].flat()]);
  }

  onChanges(changes: readonly Change[]): void {
    for (const { key } of changes) {
      if (!watchedPrefixes.some((prefix) => key.startsWith(prefix))) continue;
      const at = parseObjectKey(key);
      if (at === undefined) continue;
      if (at.cluster === boundCrdsCluster) this.boundCrds.drop(at.name);
      this.surfaces.drop(at.cluster);
    }
  }

  /** A promise only when it has to be built. */
  surface(target: ClusterTarget): ApiSurface | Promise<ApiSurface> {
    if (target.kind !== 'cluster') return this.wildcardSurface;
    return this.surfaces.peek(target.name) ?? this.surfaces.get(target.name, () => this.build(target.name));
  }

  private async build(cluster: string): Promise<ApiSurface> {
    const keys: string[] = [];
    const resources: ServedResource[] = [...this.native.everywhere];
    if (cluster.startsWith('system:')) {
      for (const list of this.native.byRootExport.values()) resources.push(...list);
      keys.push('system');
    }
    const add = (key: string, resource: ServedResource): void => {
      keys.push(key);
      resources.push(resource);
    };
    await this.addBindings(cluster, add);
    await this.addCrds(cluster, add);
    const contentKey = keys.sort().join('\n');
    let surface = this.shared.get(contentKey);
    if (surface === undefined) {
      surface = makeSurface(resources);
      this.remember(this.shared, contentKey, surface, surfaceCapacity);
    }
    return surface;
  }

  private async addBindings(cluster: string, add: (key: string, resource: ServedResource) => void): Promise<void> {
    const prefix = objectPrefix({ group: groups.apis, resource: 'apibindings', cluster });
    for (const kv of (await this.storage.range(prefix)).items) {
      const binding = decodeObject(kv);
      const status = binding.status as { boundResources?: BoundResource[]; apiExportClusterName?: string } | undefined;
      const exportName =
        (binding.spec as { reference?: { export?: { name?: string } } } | undefined)?.reference?.export?.name ?? '';
      const terminating = binding.metadata.deletionTimestamp !== undefined;
      for (const bound of status?.boundResources ?? []) {
        const resource = await this.boundResource(bound, {
          exportCluster: status?.apiExportClusterName ?? '',
          exportName,
          terminating,
        });
        if (resource !== undefined) add(`b:${bound.schema.UID}:${bound.schema.identityHash}:${terminating}`, resource);
      }
    }
  }

  private async boundResource(
    bound: BoundResource,
    at: { exportCluster: string; exportName: string; terminating: boolean },
  ): Promise<ServedResource | undefined> {
    const native = at.exportCluster === 'root' ? this.nativeOf(at.exportName, bound) : undefined;
    if (native !== undefined) return at.terminating ? { ...native, terminating: true } : native;
    return this.servedSchema(bound.schema.UID, bound.schema.identityHash, at);
  }

  private nativeOf(exportName: string, bound: BoundResource): ServedResource | undefined {
    return this.native.byRootExport
      .get(exportName)
      ?.find(
        (resource) =>
          resource.declaration.group === bound.group && resource.declaration.names.plural === bound.resource,
      );
  }

  /**
   * A bound schema as a resource under an identity; undefined when its CRD is gone. A schema that nobody has bound yet has
   * no CRD; given itself, it is served as it will be.
   */
  async servedSchema(
    schemaUid: string,
    identity: string,
    at: { exportCluster: string; exportName: string; terminating: boolean; unboundSchema?: KubeObject },
  ): Promise<ServedResource | undefined> {
    const key = `b:${schemaUid}:${identity}:${at.exportCluster}:${at.exportName}:${at.terminating}`;
    const known = this.served.get(key);
    if (known !== undefined) return known;
    const bound = await this.boundCrds.get(schemaUid, async () => ({
      crd: (await readObject(this.storage, crdKey(boundCrdsCluster, schemaUid)))?.object,
    }));
    const crd = bound.crd ?? (at.unboundSchema && boundCrdOf(at.unboundSchema, at.exportCluster));
    if (crd === undefined) return undefined;
    const { exportCluster, exportName, terminating } = at;
    const resource = serveResource(crdDeclaration(crd as CrdObject), {
      identity,
      terminating,
      strategy: customResourceStrategy,
      origin: { kind: 'binding', exportCluster, exportName, schemaUid },
    });
    this.remember(this.served, key, resource, resourceCapacity);
    return resource;
  }

  private async addCrds(cluster: string, add: (key: string, resource: ServedResource) => void): Promise<void> {
    if (cluster === boundCrdsCluster) return;
    const prefix = objectPrefix({ group: groups.crd, resource: 'customresourcedefinitions', cluster });
    for (const kv of (await this.storage.range(prefix)).items) {
      const crd = decodeObject(kv);
      if (!isEstablished(crd)) continue;
      const terminating = crd.metadata.deletionTimestamp !== undefined;
      const declaration = crdDeclaration(crd as CrdObject);
      const key = `c:${JSON.stringify(crd.spec)}:${terminating}`;
      let resource = this.served.get(key);
      if (resource === undefined) {
        resource = serveResource(declaration, {
          terminating,
          strategy: customResourceStrategy,
          origin: { kind: 'crd', crd: crd.metadata.name ?? '' },
        });
        this.remember(this.served, key, resource, resourceCapacity);
      }
      add(key, resource);
    }
  }

  private remember<V>(map: Map<string, V>, key: string, value: V, capacity: number): void {
    map.set(key, value);
    if (map.size <= capacity) return;
    const oldest = map.keys().next().value;
    if (oldest !== undefined) map.delete(oldest);
  }
}

export function isEstablished(crd: KubeObject): boolean {
  const conditions = (crd.status as { conditions?: { type: string; status: string }[] } | undefined)?.conditions ?? [];
  return conditions.some((condition) => condition.type === 'Established' && condition.status === 'True');
}
