import type { KubeList, KubeObject, Status } from '@canopy/apimachinery';
import type { GroupVersionResource, Query } from '../rest/paths.ts';
import { resourcePath } from '../rest/paths.ts';
import type { RestClient } from '../rest/rest-client.ts';
import type {
  ApplyOptions,
  CallOptions,
  DeleteOptions,
  GetOptions,
  ListOptions,
  WatchOptions,
  WriteOptions,
} from './request-options.ts';
import { deleteBody, selectionQuery, writeQuery } from './request-options.ts';
import type { WatchEvent } from './watch-events.ts';
import { decodeWatchEvents } from './watch-events.ts';

/** The ways to describe a change, by the name of their media type. */
export type PatchType = 'json' | 'merge' | 'strategic';

const patchMediaTypes: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
};

const applyMediaType = 'application/apply-patch+yaml';

/** What an update needs of an object. */
export interface NamedObject {
  metadata: { name?: string; namespace?: string };
}

const defaultPageSize = 500;

/**
 * The verbs of one resource in one cluster (or, for list and watch, in all). Errors are those of `RestClient`. Objects
 * without a namespace of the client's own go where `metadata.namespace` says.
 */
export class ResourceClient<T extends object = KubeObject> {
  readonly resource: GroupVersionResource;
  readonly #rest: RestClient;
  readonly #namespace: string | undefined;

  constructor(rest: RestClient, resource: GroupVersionResource, namespace?: string) {
    this.#rest = rest;
    this.resource = resource;
    this.#namespace = namespace;
  }

  /** The same resource in one namespace; undefined or `''` stands for all namespaces, or for cluster scope. */
  namespace(namespace: string | undefined): ResourceClient<T> {
    return new ResourceClient<T>(this.#rest, this.resource, namespace || undefined);
  }

  get(name: string, options: GetOptions = {}): Promise<T> {
    const query: Query = { resourceVersion: options.resourceVersion, ...options.query };
    return this.#rest.json<T>({ method: 'GET', path: this.#path(name, options.subresource), query, ...call(options) });
  }

  /** One page, or everything when no `limit` is given. */
  async list(options: ListOptions = {}): Promise<KubeList<T>> {
    const path = this.#path();
    const list = await this.#rest.json<KubeList<T>>({
      method: 'GET',
      path,
      query: selectionQuery(options),
      ...call(options),
    });
    return withItemKinds(list);
  }

  /** All pages, `limit` objects (500 unless told) at a time, as of one resource version. */
  async *pages(options: ListOptions = {}): AsyncGenerator<KubeList<T>> {
    let page = await this.list({ limit: defaultPageSize, ...options });
    yield page;
    while (page.metadata.continue) {
      page = await this.list({
        limit: defaultPageSize,
        ...options,
        resourceVersion: undefined,
        resourceVersionMatch: undefined,
        continue: page.metadata.continue,
      });
      yield page;
    }
  }

  /** All objects, fetched in pages. */
  async *items(options: ListOptions = {}): AsyncGenerator<T> {
    for await (const page of this.pages(options)) yield* page.items;
  }

  create(object: T, options: WriteOptions & { name?: string } = {}): Promise<T> {
    const path = this.#path(options.name, options.subresource, object as Partial<NamedObject>);
    return this.#rest.json<T>({ method: 'POST', path, query: writeQuery(options), body: object, ...call(options) });
  }

  /** Replaces the object; 409 `Conflict` when its `metadata.resourceVersion` is set and no longer the newest. */
  update(object: T & NamedObject, options: WriteOptions = {}): Promise<T> {
    const path = this.#path(nameOf(object), options.subresource, object);
    return this.#rest.json<T>({ method: 'PUT', path, query: writeQuery(options), body: object, ...call(options) });
  }

  updateStatus(object: T & NamedObject, options: Omit<WriteOptions, 'subresource'> = {}): Promise<T> {
    return this.update(object, { ...options, subresource: 'status' });
  }

  /** `patch` is a list of operations for `json`, else part of the object. */
  patch(name: string, type: PatchType, patch: object, options: WriteOptions = {}): Promise<T> {
    return this.#rest.json<T>({
      method: 'PATCH',
      path: this.#path(name, options.subresource),
      query: writeQuery(options),
      body: patch,
      contentType: patchMediaTypes[type],
      ...call(options),
    });
  }

  /** Server-side apply. `object` needs `apiVersion`, `kind` and `metadata.name`, and all the fields its manager wants. */
  apply(object: object & NamedObject, options: ApplyOptions): Promise<T> {
    return this.#rest.json<T>({
      method: 'PATCH',
      path: this.#path(nameOf(object), options.subresource, object),
      query: writeQuery(options),
      body: object,
      contentType: applyMediaType,
      ...call(options),
    });
  }

  /** The deleted object, or the object as it waits for its finalizers, or a `Status`, as the server answers. */
  delete(name: string, options: DeleteOptions = {}): Promise<T | Status> {
    const path = this.#path(name);
    return this.#rest.json({
      method: 'DELETE',
      path,
      query: options.query,
      body: deleteBody(options),
      ...call(options),
    });
  }

  deleteCollection(
    options: DeleteOptions & Pick<ListOptions, 'labelSelector' | 'fieldSelector'> = {},
  ): Promise<unknown> {
    const query: Query = {
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
      ...options.query,
    };
    return this.#rest.json({
      method: 'DELETE',
      path: this.#path(),
      query,
      body: deleteBody(options),
      ...call(options),
    });
  }

  /**
   * Changes as they happen, until the server ends the watch. The request starts with the first `next()`; leaving the loop
   * ends the stream, as does `options.signal` (then the loop rejects with its reason). `timeoutMs` limits the time to
   * the response's headers.
   */
  async *watch(options: WatchOptions = {}): AsyncGenerator<WatchEvent<T>> {
    const leave = new AbortController();
    const signal = options.signal === undefined ? leave.signal : AbortSignal.any([options.signal, leave.signal]);
    const query: Query = { watch: true, ...selectionQuery(options) };
    try {
      const response = await this.#rest.stream({ method: 'GET', path: this.#path(), query, ...call(options), signal });
      yield* decodeWatchEvents<T>(response.body);
      signal.throwIfAborted();
    } finally {
      leave.abort();
    }
  }

  #path(name?: string, subresource?: string, object?: Partial<NamedObject>): string {
    const namespace = this.#namespace ?? object?.metadata?.namespace;
    return resourcePath(this.resource, { namespace, name, subresource });
  }
}

function call(options: CallOptions): Pick<CallOptions, 'signal' | 'timeoutMs' | 'accept'> {
  return { signal: options.signal, timeoutMs: options.timeoutMs, accept: options.accept };
}

function nameOf(object: NamedObject): string {
  const { name } = object.metadata;
  if (!name) throw new TypeError('metadata.name is missing');
  return name;
}

/** Items of a list may leave out what the list's own kind tells. */
function withItemKinds<T extends object>(list: KubeList<T>): KubeList<T> {
  list.items ??= [];
  list.metadata ??= {};
  const kind = list.kind?.endsWith('List') ? list.kind.slice(0, -4) : '';
  if (kind === '') return list;
  for (const item of list.items as Partial<KubeObject>[]) {
    item.apiVersion ??= list.apiVersion;
    item.kind ??= kind;
  }
  return list;
}
