import { decodeObject, type ServedResource } from '@canopy/apiserver';
import type { Storage } from '@canopy/storage';
import type { NativeKinds } from '../surface/native-kinds.ts';
import type { WorkspaceSurfaces } from '../surface/workspace-surfaces.ts';
import type { ExportCache } from './export-cache.ts';
import { identityHashOfExport } from './export-model.ts';

/** APIExports by identity: value is the hash. */
export const identityIndex = 'export-identity';

/** Finds what `resource:identity` means: the resource of whichever export has that identity. */
export class IdentityResources {
  private readonly storage: Storage;
  private readonly exports: ExportCache;
  private readonly surfaces: WorkspaceSurfaces;
  private readonly native: NativeKinds;

  constructor(storage: Storage, exports: ExportCache, surfaces: WorkspaceSurfaces, native: NativeKinds) {
    this.storage = storage;
    this.exports = exports;
    this.surfaces = surfaces;
    this.native = native;
  }

  async resource(group: string, resource: string, identity: string): Promise<ServedResource | undefined> {
    const { items } = await this.storage.rangeIndex(identityIndex, identity);
    for (const kv of items) {
      const object = decodeObject(kv);
      const cluster = object.metadata.annotations?.['kcp.io/cluster'] ?? '';
      const name = object.metadata.name ?? '';
      const exported = await this.exports.find(cluster, name);
      const entry = exported?.schemas.find(
        (schema) => schema.resource.group === group && schema.resource.name === resource,
      );
      if (exported === undefined || entry?.schema === undefined) continue;
      if (cluster === 'root' && this.native.byRootExport.has(name)) return this.native.find(group, resource);
      if (identityHashOfExport(exported.object) !== identity) continue;
      const served = await this.surfaces.servedSchema(entry.schema.metadata.uid ?? '', identity, {
        exportCluster: cluster,
        exportName: name,
        terminating: false,
      });
      if (served !== undefined) return served;
    }
    return undefined;
  }
}
