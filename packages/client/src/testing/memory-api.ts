import type { KubeObject } from '@canopy/apimachinery';
import { alreadyExists, applyMergePatch, conflict, expired, notFound, StatusError } from '@canopy/apimachinery';
import type { Transport, TransportRequest, TransportResponse } from '../transport.ts';

type StoredEvent = { revision: number; type: 'ADDED' | 'MODIFIED' | 'DELETED'; key: string; object: KubeObject };

const encoder = new TextEncoder();
const gr = { group: '', resource: 'objects' };

interface Place {
  cluster: string;
  namespace: string;
  collection: string;
  name: string | undefined;
}

/**
 * A small API server: any resource in any cluster, with pages, conflicts, finalizers, a log of changes, watches with bookmarks,
 * and compaction. Watches can be cut off, and repeat what they have sent.
 */
export class MemoryApi implements Transport {
  readonly objects = new Map<string, KubeObject>();
  readonly requests: TransportRequest[] = [];
  /** Asked before each request; what it gives is the answer. */
  intercept: (request: TransportRequest) => StatusError | Promise<never> | undefined = () => undefined;
  /** Watches send every event so many times. */
  repeat = 1;
  #log: StoredEvent[] = [];
  #revision = 1;
  #compacted = 0;
  readonly #watches = new Set<{ wake(): void; cut: boolean }>();

  get openWatches(): number {
    return this.#watches.size;
  }

  compact(): void {
    this.#compacted = this.#revision;
    this.#log = [];
  }

  /** Ends all watches, as a lost connection does. */
  disconnect(): void {
    for (const watch of this.#watches) {
      watch.cut = true;
      watch.wake();
    }
  }

  close(): Promise<void> {
    this.disconnect();
    return Promise.resolve();
  }

  put(path: string, object: object): KubeObject {
    return this.#write(placeOf(path), object as KubeObject);
  }

  remove(path: string): void {
    this.#delete(placeOf(path));
  }

  async request(request: TransportRequest): Promise<TransportResponse> {
    await Promise.resolve();
    request.signal?.throwIfAborted();
    this.requests.push(request);
    try {
      const refusal = await this.intercept(request);
      if (refusal !== undefined) throw refusal;
      return this.#answer(request);
    } catch (error) {
      if (error instanceof StatusError) return json(error.code, error.toStatus());
      throw error;
    }
  }

  #answer(request: TransportRequest): TransportResponse {
    const url = new URL(request.path, 'http://memory');
    const place = placeOf(url.pathname);
    const body = request.body === undefined ? undefined : (JSON.parse(String(request.body)) as KubeObject);
    if (request.method === 'GET' && url.searchParams.get('watch') === 'true')
      return this.#watch(place, url, request.signal);
    if (request.method === 'GET' && place.name === undefined) return json(200, this.#list(place, url));
    if (request.method === 'POST') {
      const created = { ...place, name: body!.metadata.name };
      if (this.objects.has(keyOf(created))) throw alreadyExists(gr, created.name ?? '');
      return json(201, this.#write(created, body!));
    }
    const present = this.objects.get(keyOf(place));
    if (present === undefined) throw notFound(gr, place.name ?? '');
    if (request.method === 'GET') return json(200, present);
    if (request.method === 'DELETE') return json(200, this.#delete(place) ?? present);
    const wanted =
      request.method === 'PUT'
        ? body!
        : (applyMergePatch(structuredClone(present) as never, body as never) as unknown as KubeObject);
    const version = body!.metadata?.resourceVersion;
    if (version !== undefined && version !== present.metadata.resourceVersion)
      throw conflict(gr, place.name ?? '', 'it changed');
    return json(200, this.#write(place, wanted));
  }

  #write(place: Place, object: KubeObject): KubeObject {
    const key = keyOf(place);
    const before = this.objects.get(key);
    const revision = ++this.#revision;
    const stored: KubeObject = {
      ...object,
      metadata: {
        ...object.metadata,
        name: place.name,
        ...(place.namespace === '' ? {} : { namespace: place.namespace }),
        uid: before?.metadata.uid ?? `uid-${revision}`,
        resourceVersion: String(revision),
        annotations: { ...object.metadata?.annotations, 'kcp.io/cluster': place.cluster },
      },
    };
    if (stored.metadata.deletionTimestamp !== undefined && !stored.metadata.finalizers?.length) {
      this.objects.delete(key);
      this.#append({ revision, type: 'DELETED', key, object: stored });
    } else {
      this.objects.set(key, stored);
      this.#append({ revision, type: before === undefined ? 'ADDED' : 'MODIFIED', key, object: stored });
    }
    return stored;
  }

  #delete(place: Place): KubeObject | undefined {
    const present = this.objects.get(keyOf(place));
    if (present === undefined) return undefined;
    const metadata = { ...present.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
    return this.#write(place, { ...present, metadata });
  }

  #append(event: StoredEvent): void {
    this.#log.push(event);
    for (const watch of this.#watches) watch.wake();
  }

  #list(place: Place, url: URL): object {
    const token = url.searchParams.get('continue');
    const [at, after] = token === null ? [String(this.#revision), ''] : (JSON.parse(token) as [string, string]);
    if (Number(at) < this.#compacted) throw expired('the continue token is too old');
    const all = [...this.#asOf(Number(at))]
      .filter(([key]) => matches(place, key) && key > after)
      .sort(([a], [b]) => (a < b ? -1 : 1));
    const limit = Number(url.searchParams.get('limit') ?? 0) || all.length;
    const page = all.slice(0, limit);
    const more = all.length > limit ? JSON.stringify([at, page.at(-1)![0]]) : undefined;
    return {
      apiVersion: 'v1',
      kind: 'ObjectList',
      metadata: { resourceVersion: at, continue: more },
      items: page.map(([, object]) => object),
    };
  }

  /** The objects at a revision: what there is, with the later changes undone. */
  #asOf(revision: number): Map<string, KubeObject> {
    const found = new Map(this.objects);
    const later = this.#log.filter((event) => event.revision > revision);
    for (const { key } of later) found.delete(key);
    const changed = new Set(later.map(({ key }) => key));
    for (const event of this.#log) {
      if (event.revision > revision || !changed.has(event.key)) continue;
      if (event.type === 'DELETED') found.delete(event.key);
      else found.set(event.key, event.object);
    }
    return found;
  }

  #watch(place: Place, url: URL, signal: AbortSignal | undefined): TransportResponse {
    const from = Number(url.searchParams.get('resourceVersion'));
    if (from < this.#compacted) throw expired('too old resource version');
    return { status: 200, headers: {}, body: this.#stream(place, from, signal) };
  }

  async *#stream(place: Place, from: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    let cursor = from;
    let wake = () => {};
    const watch = { cut: false, wake: () => wake() };
    const onAbort = () => watch.wake();
    this.#watches.add(watch);
    signal?.addEventListener('abort', onAbort);
    try {
      while (!watch.cut && signal?.aborted !== true) {
        if (cursor < this.#compacted) {
          yield line('ERROR', expired('too old resource version').toStatus());
          return;
        }
        for (const event of this.#log.filter(({ revision }) => revision > cursor)) {
          cursor = event.revision;
          if (!matches(place, event.key)) continue;
          for (let i = 0; i < this.repeat; i++) yield line(event.type, event.object);
          if (watch.cut) return;
        }
        yield line('BOOKMARK', { apiVersion: 'v1', kind: 'Object', metadata: { resourceVersion: String(cursor) } });
        if (cursor >= this.#revision && !watch.cut) {
          await new Promise<void>((resolve) => {
            wake = resolve;
            if (signal?.aborted) resolve();
          });
        }
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#watches.delete(watch);
    }
  }
}

function placeOf(path: string): Place {
  const match =
    /^(?:\/services\/[^/]+\/[^/]+\/[^/]+)?\/clusters\/([^/]+)\/(api\/[^/]+|apis\/[^/]+\/[^/]+)\/(?:namespaces\/([^/]+)\/)?([^/]+)(?:\/([^/]+))?/.exec(
      path,
    );
  if (match === null) throw notFound(gr, path);
  return {
    cluster: decodeURIComponent(match[1]!),
    collection: `${match[2]}/${match[4]}`,
    namespace: match[3] ?? '',
    name: match[5],
  };
}

function keyOf(place: Place): string {
  return [place.collection, place.cluster, place.namespace, place.name].join('|');
}

function matches(place: Place, key: string): boolean {
  const [collection, cluster, namespace] = key.split('|');
  if (collection !== place.collection || (place.cluster !== '*' && cluster !== place.cluster)) return false;
  return place.namespace === '' || namespace === place.namespace;
}

function json(status: number, value: object): TransportResponse {
  const bytes = encoder.encode(JSON.stringify(value));
  const body = (async function* () {
    yield bytes;
  })();
  return { status, headers: { 'content-type': 'application/json' }, body };
}

function line(type: string, object: object): Uint8Array {
  return encoder.encode(`${JSON.stringify({ type, object })}\n`);
}
