import type { KubeObject } from '@canopy/apimachinery';
import {
  type AdmissionOperation,
  type AdmissionPlugin,
  admit,
  createObject,
  type DeleteOptions,
  deleteObject,
  findObject,
  listObjects,
  logicalClusterName,
  mintClusterAccess,
  type ObjectRequest,
  objectOf,
  type Registry,
  type UserInfo,
  updateObject,
} from '@canopy/apiserver';
import type { WorkspaceSurfaces } from '@canopy/kcp';

/** `configmaps`, `widgets.example.com`; with the object's namespace where it has one. */
export interface ObjectName {
  resource: string;
  namespace?: string;
  name: string;
}

export interface ClusterApiOptions {
  registry: Registry;
  surfaces: WorkspaceSurfaces;
  admission: readonly AdmissionPlugin[];
  cluster: string;
  user: UserInfo;
}

/** What a client of one logical cluster can do, without HTTP in between. Objects are in the storage version. */
export class ClusterApi {
  private readonly options: ClusterApiOptions;

  constructor(options: ClusterApiOptions) {
    this.options = options;
  }

  async create(resource: string, object: KubeObject): Promise<KubeObject> {
    const request = await this.request({ resource, ...namespaceOf(object), name: object.metadata.name ?? '' });
    const stored = await createObject(
      this.options.registry,
      request,
      structuredClone(object),
      this.writeOptions('CREATE', request, ''),
    );
    return structuredClone(objectOf(stored));
  }

  async find(at: ObjectName): Promise<KubeObject | undefined> {
    const found = await findObject(this.options.registry, await this.request(at));
    return found === undefined ? undefined : structuredClone(objectOf(found));
  }

  /** Fails when there is none. */
  async get(at: ObjectName): Promise<KubeObject> {
    const found = await this.find(at);
    if (found === undefined) throw new Error(`${at.resource} ${at.name} not found in ${this.options.cluster}`);
    return found;
  }

  async list(resource: string, namespace?: string): Promise<KubeObject[]> {
    const request = await this.request({ resource, ...(namespace === undefined ? {} : { namespace }), name: '' });
    const all = {
      labels: undefined,
      fields: undefined,
      limit: 0,
      continueToken: '',
      resourceVersion: '',
      resourceVersionMatch: '' as const,
    };
    const { items } = await listObjects(this.options.registry, request, all);
    return items.map((stored) => objectOf(stored));
  }

  async update(at: ObjectName, change: (object: KubeObject) => void, subresource = ''): Promise<KubeObject> {
    const request = await this.request(at);
    const { stored } = await updateObject(
      this.options.registry,
      request,
      {
        createIfMissing: false,
        async transform(live) {
          const object = structuredClone(live as KubeObject);
          change(object);
          return { object, managedFieldsKept: false };
        },
      },
      this.writeOptions('UPDATE', request, subresource),
    );
    return structuredClone(objectOf(stored));
  }

  async remove(at: ObjectName, propagationPolicy?: DeleteOptions['propagationPolicy']): Promise<void> {
    const request = await this.request(at);
    await deleteObject(this.options.registry, request, {
      ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
      dryRun: false,
      admit: (old) => this.admit('DELETE', request, { object: undefined, old, subresource: '' }),
    });
  }

  private async request(at: ObjectName): Promise<ObjectRequest> {
    const cluster = logicalClusterName(this.options.cluster);
    const dot = at.resource.indexOf('.');
    const [plural, group] = dot === -1 ? [at.resource, ''] : [at.resource.slice(0, dot), at.resource.slice(dot + 1)];
    const surface = await this.options.surfaces.surface({ kind: 'cluster', name: cluster });
    const resource = surface.find(group, plural);
    if (resource === undefined) throw new Error(`${cluster} does not serve ${at.resource}`);
    return {
      access: mintClusterAccess(cluster),
      user: this.options.user,
      resource,
      version: resource.declaration.storageVersion,
      namespace: at.namespace,
      name: at.name,
    };
  }

  private writeOptions(operation: AdmissionOperation, request: ObjectRequest, subresource: string) {
    return {
      fieldManager: 'test',
      dryRun: false,
      subresource,
      admit: (object: KubeObject, old: KubeObject | undefined) =>
        this.admit(operation, request, { object, old, subresource }),
      warn: () => undefined,
    };
  }

  private admit(
    operation: AdmissionOperation,
    request: ObjectRequest,
    about: { object: KubeObject | undefined; old: KubeObject | undefined; subresource: string },
  ): Promise<void> {
    const { access, user, resource, namespace, name } = request;
    return admit(this.options.admission, {
      operation,
      access,
      user,
      resource,
      namespace,
      name,
      dryRun: false,
      warn: () => undefined,
      ...about,
    });
  }
}

function namespaceOf(object: KubeObject): { namespace?: string } {
  return object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace };
}
