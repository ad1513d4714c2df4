import type { KubeObject } from '@canopy/apimachinery';
import { DerivedCache } from '@canopy/apiserver';
import { type Change, objectPrefix, parseObjectKey, type Storage } from '@canopy/storage';
import {
  apiExportKey,
  boundCrdsCluster,
  crdKey,
  groups,
  readObject,
  resourceSchemaKey,
} from '../logical-cluster/stored-kinds.ts';
import { type ExportResource, exportSpecOf } from './export-model.ts';

export interface ExportedSchema {
  resource: ExportResource;
  /** Undefined when the schema that the export names does not exist. */
  schema: KubeObject | undefined;
}

export interface CachedExport {
  object: KubeObject;
  schemas: readonly ExportedSchema[];
}

const capacity = 500;
const exportsPrefix = objectPrefix({ group: groups.apis, resource: 'apiexports' });
const schemasPrefix = objectPrefix({ group: groups.apis, resource: 'apiresourceschemas' });
const boundCrdsPrefix = objectPrefix({
  group: groups.crd,
  resource: 'customresourcedefinitions',
  cluster: boundCrdsCluster,
});

/** Exports with their schemas, decoded once for all the bindings that need them. Values are shared and read-only. */
export class ExportCache {
  private readonly storage: Storage;
  private readonly exports = new DerivedCache<{ value: CachedExport | undefined }>(capacity);
  private readonly boundCrds = new DerivedCache<{ exists: boolean }>(capacity * 4);

  constructor(storage: Storage) {
    this.storage = storage;
  }

  onChanges(changes: readonly Change[]): void {
    for (const { key } of changes) {
      if (key.startsWith(exportsPrefix)) {
        const at = parseObjectKey(key);
        this.exports.drop(`${at?.cluster}/${at?.name}`);
      } else if (key.startsWith(schemasPrefix)) {
        this.exports.clear();
      } else if (key.startsWith(boundCrdsPrefix)) {
        this.boundCrds.drop(parseObjectKey(key)?.name ?? '');
      }
    }
  }

  async find(cluster: string, name: string): Promise<CachedExport | undefined> {
    const { value } = await this.exports.get(`${cluster}/${name}`, async () => ({
      value: await this.load(cluster, name),
    }));
    return value;
  }

  private async load(cluster: string, name: string): Promise<CachedExport | undefined> {
    const found = await readObject(this.storage, apiExportKey(cluster, name));
    if (found === undefined) return undefined;
    const schemas: ExportedSchema[] = [];
    for (const resource of exportSpecOf(found.object).resources ?? []) {
      const schema = await readObject(this.storage, resourceSchemaKey(cluster, resource.schema));
      schemas.push({ resource, schema: schema?.object });
    }
    return { object: found.object, schemas };
  }

  /** Whether `system:bound-crds` has the CRD of this schema already. */
  async isCrdBound(schemaUid: string): Promise<boolean> {
    const { exists } = await this.boundCrds.get(schemaUid, async () => ({
      exists: (await this.storage.get(crdKey(boundCrdsCluster, schemaUid))) !== undefined,
    }));
    return exists;
  }
}
