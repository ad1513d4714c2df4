import { randomUUID } from 'node:crypto';
import { builtinDeclarations } from '@canopy/api';
import type { KubeObject } from '@canopy/apimachinery';
import {
  type AdmissionPlugin,
  type ApiDomain,
  type ApiResponse,
  type AuthorizedContext,
  admit,
  type ClusterAccess,
  createObject,
  deleteObject,
  dispatchResource,
  ListCache,
  logicalClusterName,
  makeSurface,
  mintClusterAccess,
  objectOf,
  parseRequestInfo,
  type Registry,
  type ServedResource,
  type SpecialEndpoints,
  serveResource,
  type UserInfo,
  updateObject,
  wholeBody,
} from '@canopy/apiserver';
import { ChangeHub, MemoryStorage } from '@canopy/storage';
import { strategies } from '../strategies.ts';

export const testUser: UserInfo = { name: 'alice', groups: ['team'] };

/** The real registry over a store in memory, with the built-in kinds of one logical cluster. */
export class TestCluster {
  readonly registry: Registry;
  readonly access: ClusterAccess;
  readonly #plugins: readonly AdmissionPlugin[];
  readonly #resources = new Map<string, ServedResource>();

  private constructor(registry: Registry, name: string, plugins: (cluster: TestCluster) => readonly AdmissionPlugin[]) {
    this.registry = registry;
    this.access = mintClusterAccess(logicalClusterName(name));
    for (const declaration of builtinDeclarations) {
      const key = `${declaration.group}/${declaration.names.plural}`;
      const strategy = strategies.get(key);
      const options = strategy === undefined ? {} : { strategy };
      this.#resources.set(key, serveResource(declaration, { origin: { kind: 'builtin' }, ...options }));
    }
    this.#plugins = plugins(this);
  }

  static async start(plugins: (cluster: TestCluster) => readonly AdmissionPlugin[] = () => []): Promise<TestCluster> {
    const storage = new MemoryStorage();
    const hub = await ChangeHub.start(storage);
    const registry: Registry = {
      storage,
      hub,
      lists: new ListCache(hub, 1024 * 1024),
      clock: { now: () => Date.UTC(2026, 0, 2) },
      ids: { uuid: randomUUID, suffix: (length) => randomUUID().slice(0, length) },
      maxObjectBytes: 3 * 1024 * 1024,
      isIndexedLabel: () => false,
      leases: { leaseFor: (seconds) => storage.grantLease(seconds) },
    };
    return new TestCluster(registry, 'root', plugins);
  }

  resource(key: string): ServedResource {
    const resource = this.#resources.get(key);
    if (resource === undefined) throw new RangeError(`no such resource: ${key}`);
    return resource;
  }

  #request(key: string, object: KubeObject) {
    const resource = this.resource(key);
    const { namespace, name = '' } = object.metadata;
    const version = resource.declaration.versions[0]!.name;
    return { access: this.access, user: testUser, resource, version, namespace, name };
  }

  #options(key: string, object: KubeObject, subresource: string) {
    const { access, user, resource, namespace } = this.#request(key, object);
    return {
      fieldManager: 'test',
      dryRun: false,
      subresource,
      warn() {},
      admit: (next: KubeObject, old: KubeObject | undefined) =>
        admit(this.#plugins, {
          operation: old === undefined ? 'CREATE' : 'UPDATE',
          access,
          user,
          resource,
          subresource,
          namespace,
          name: next.metadata.name ?? '',
          object: next,
          old,
          dryRun: false,
          warn() {},
        }),
    };
  }

  async create(key: string, object: KubeObject): Promise<KubeObject> {
    return objectOf(
      await createObject(this.registry, this.#request(key, object), object, this.#options(key, object, '')),
    );
  }

  /** Changes the live object with `change` and writes it. */
  async update(
    key: string,
    object: KubeObject,
    change: (live: KubeObject) => void,
    subresource = '',
  ): Promise<KubeObject> {
    const step = {
      createIfMissing: false,
      async transform(live: KubeObject | undefined) {
        change(live as KubeObject);
        return { object: live as KubeObject, managedFieldsKept: false };
      },
    };
    const { stored } = await updateObject(
      this.registry,
      this.#request(key, object),
      step,
      this.#options(key, object, subresource),
    );
    return objectOf(stored);
  }

  async delete(key: string, object: KubeObject): Promise<{ object: KubeObject; gone: boolean }> {
    const request = this.#request(key, object);
    const { stored, gone } = await deleteObject(this.registry, request, {
      dryRun: false,
      admit: (old) =>
        admit(this.#plugins, {
          operation: 'DELETE',
          access: this.access,
          user: testUser,
          resource: request.resource,
          subresource: '',
          namespace: request.namespace,
          name: request.name,
          object: undefined,
          old,
          dryRun: false,
          warn() {},
        }),
    });
    return { object: objectOf(stored), gone };
  }

  /** Sends a request to the verb handlers, past the filters; the answer's body is parsed. */
  async send(
    method: string,
    path: string,
    body: object | undefined,
    special: Partial<SpecialEndpoints>,
  ): Promise<KubeObject> {
    const query = new URLSearchParams();
    const target = { kind: 'cluster', name: this.access.cluster } as const;
    const surface = makeSurface([...this.#resources.values()]);
    const domain: ApiDomain = {
      name: 'test',
      prefix: '',
      surface: async () => surface,
      resource: async (_, info) => surface.find(info.group, info.resource),
      authorizer: { name: 'all', authorize: async () => ({ decision: 'allow', reason: '', authorizer: 'all' }) },
      admission: this.#plugins,
    };
    const context = {
      method,
      path,
      query,
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      body: async () => Buffer.from(body === undefined ? '' : JSON.stringify(body)),
      signal: new AbortController().signal,
      aborted: false,
      auditId: 'test',
      warnings: [],
      onFinish: [],
      auditAnnotations: {},
      domain,
      target,
      urlPrefix: '',
      apiPath: path,
      info: parseRequestInfo(method, path, query),
      user: testUser,
      authenticator: 'test',
      access: this.access,
      checkMayCreate: async () => undefined,
    } as unknown as AuthorizedContext;
    const services = {
      registry: this.registry,
      admission: [],
      watchTimeoutMs: { min: 1000, max: 1000 },
      bookmarkIntervalMs: 1000,
      maxWatchBufferBytes: 1000,
    };
    const all = { subresources: new Map(), virtual: new Map(), names: new Map(), ...special };
    return bodyOf(await dispatchResource(services, all, context));
  }
}

function bodyOf(response: ApiResponse): KubeObject {
  if (response.kind !== 'complete' || response.body === undefined) throw new Error('no body');
  const body = wholeBody(response.body);
  return JSON.parse(typeof body === 'string' ? body : Buffer.from(body).toString('utf8')) as KubeObject;
}
