import type { KubeObject } from '@canopy/apimachinery';
import type { ReflectorOptions } from '../watch/reflector.ts';
import { runReflector } from '../watch/reflector.ts';
import { compareVersions } from '../watch/resource-version.ts';
import type { ObjectKey, WithMetadata } from './object-key.ts';
import { keyText, objectKey } from './object-key.ts';
import type { IndexFunction, ReadonlyStore } from './object-store.ts';
import { ObjectStore } from './object-store.ts';

/** What happened to an object. `kept` and `before` are what the store holds, or held, of it. */
export type InformerEvent<T, S = T> =
  | { type: 'added'; key: ObjectKey; object: T; kept: S }
  | { type: 'updated'; key: ObjectKey; object: T; kept: S; before: S }
  /** The last state is `before`, which a missed deletion may leave older than the one that was deleted. */
  | { type: 'deleted'; key: ObjectKey; before: S }
  /** It was there before the handler came. */
  | { type: 'present'; key: ObjectKey; kept: S };

/** Called in order, synchronously; must not throw (what it throws goes to `onError`). */
export type InformerHandler<T, S = T> = (event: InformerEvent<T, S>) => void;

export interface InformerOptions<T extends object, S extends WithMetadata> extends Omit<ReflectorOptions<T>, 'sink'> {
  /** What to keep of an object: all of it unless told. See {@link keepMetadata} and {@link keepKey}. */
  keep?: (object: T) => S;
  indexers?: Readonly<Record<string, IndexFunction<S>>>;
  /** Cluster of objects that do not say theirs. */
  cluster?: string;
}

/** What light informers keep: enough to name an object and to tell its versions apart. */
export type KeptMetadata = Pick<KubeObject, 'metadata'>;

/** Metadata without managed fields. */
export function keepMetadata(object: WithMetadata): KeptMetadata {
  return { metadata: { ...object.metadata, managedFields: undefined } };
}

/** Name, namespace, version and cluster. */
export function keepKey(object: WithMetadata): KeptMetadata {
  const { name, namespace, resourceVersion, annotations } = object.metadata;
  const cluster = annotations?.['kcp.io/cluster'];
  return {
    metadata: {
      name,
      namespace,
      resourceVersion,
      annotations: cluster === undefined ? undefined : { 'kcp.io/cluster': cluster },
    },
  };
}

/**
 * A collection, across clusters or in one, mirrored in a store, with handlers told of every change. The store is
 * complete, as of one version, once {@link synced}; from then on it lags behind the server but never goes back.
 */
export class Informer<T extends object = KubeObject, S extends WithMetadata = T & WithMetadata> {
  readonly #options: InformerOptions<T, S>;
  readonly #keep: (object: T) => S;
  readonly #store: ObjectStore<S>;
  readonly #handlers = new Set<InformerHandler<T, S>>();
  readonly #whenSynced = Promise.withResolvers<void>();
  #synced = false;
  /** Keys that the list under way has brought. */
  #listed: Set<string> | undefined;

  constructor(options: InformerOptions<T, S>) {
    this.#options = options;
    this.#keep = options.keep ?? ((object) => object as unknown as S);
    this.#store = new ObjectStore<S>(options.indexers);
  }

  get store(): ReadonlyStore<S> {
    return this.#store;
  }

  /** Whether a whole list has arrived. */
  get synced(): boolean {
    return this.#synced;
  }

  /** Resolves once {@link synced}; rejects with the signal's reason. */
  waitForSync(signal?: AbortSignal): Promise<void> {
    if (signal === undefined || this.#synced) return this.#whenSynced.promise;
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      if (signal.aborted) onAbort();
      signal.addEventListener('abort', onAbort, { once: true });
      void this.#whenSynced.promise.then(() => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      });
    });
  }

  /** Tells the handler of what is there already, then of all changes. The function it gives back removes it. */
  addHandler(handler: InformerHandler<T, S>): () => void {
    for (const kept of this.#store.list()) this.#call(handler, { type: 'present', key: this.#keyOf(kept), kept });
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Follows the server until the signal fires; never rejects. To be called once. */
  run(signal: AbortSignal): Promise<void> {
    const sink = {
      listStart: () => {
        this.#listed = new Set();
      },
      listed: (object: T) => this.#apply(object, isDifferent),
      listEnd: () => this.#endList(),
      changed: (type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T) => {
        if (type === 'DELETED') this.#remove(object);
        else this.#apply(object, isNewer);
      },
    };
    return runReflector({ ...this.#options, sink }, signal);
  }

  /** A list tells the truth even if it is older than what is known: the server may have been restored from a backup. */
  #apply(object: T, replaces: (now: WithMetadata, before: WithMetadata) => boolean): void {
    const key = this.#keyOf(object as unknown as WithMetadata);
    const text = keyText(key);
    this.#listed?.add(text);
    const before = this.#store.get(text);
    if (before !== undefined && !replaces(object as unknown as WithMetadata, before)) return;
    const kept = this.#keep(object);
    this.#store.put(text, kept);
    this.#tell(
      before === undefined ? { type: 'added', key, object, kept } : { type: 'updated', key, object, kept, before },
    );
  }

  #remove(object: T): void {
    const key = this.#keyOf(object as unknown as WithMetadata);
    const text = keyText(key);
    const before = this.#store.get(text);
    if (before === undefined || isNewer(before, object as unknown as WithMetadata)) return;
    this.#store.delete(text);
    this.#tell({ type: 'deleted', key, before });
  }

  #endList(): void {
    const listed = this.#listed;
    this.#listed = undefined;
    for (const text of [...this.#store.keys()]) {
      if (listed?.has(text)) continue;
      const before = this.#store.get(text)!;
      this.#store.delete(text);
      this.#tell({ type: 'deleted', key: this.#keyOf(before), before });
    }
    this.#synced = true;
    this.#whenSynced.resolve();
  }

  #keyOf(object: WithMetadata): ObjectKey {
    return objectKey(object, this.#options.cluster);
  }

  #tell(event: InformerEvent<T, S>): void {
    for (const handler of this.#handlers) this.#call(handler, event);
  }

  #call(handler: InformerHandler<T, S>, event: InformerEvent<T, S>): void {
    try {
      handler(event);
    } catch (error) {
      this.#options.onError?.(error);
    }
  }
}

/** Versions that cannot be ordered count as newer when they differ. */
function isNewer(a: WithMetadata, b: WithMetadata): boolean {
  return (compareVersions(a.metadata.resourceVersion ?? '', b.metadata.resourceVersion ?? '') ?? 1) > 0;
}

function isDifferent(a: WithMetadata, b: WithMetadata): boolean {
  return a.metadata.resourceVersion !== b.metadata.resourceVersion;
}
