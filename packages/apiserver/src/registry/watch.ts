import { expired, timeout } from '@canopy/apimachinery';
import { isStorageError, type Revision, type WatchSubscription } from '@canopy/storage';
import { collectionPrefix, type ListResult, listObjects, parseResourceVersion } from './list.ts';
import type { Access } from './logical-cluster.ts';
import type { CollectionRequest, Registry, StoredObject } from './registry.ts';
import { compileSelection, type Matcher, type Selection } from './selection.ts';
import { toStatusError } from './storage-errors.ts';
import { eventsOf, type WatchedEvent } from './watching/watch-events.ts';

export interface WatchOptions extends Selection {
  resourceVersion: string;
  /** Stream the collection's current state first. Undefined: for the resource versions `""` and `"0"` only. */
  sendInitialEvents: boolean | undefined;
}

export interface WatchSink {
  /** Events that became visible together. `shared` is one identity for all watchers that see exactly the same events. */
  onEvents(events: readonly WatchedEvent[], shared: object | undefined): void;
  /** The initial state was delivered completely, as of this revision. */
  onSynced(revision: Revision): void;
  onEnd(error: Error): void;
  /** Asked between chunks of what is already there: the next one waits for this. Undefined: go on at once. */
  ready(): Promise<void> | undefined;
}

export interface WatchHandle {
  close(): void;
  /** Revision up to which everything was delivered; undefined while the initial state is being sent. */
  revision(): Revision | undefined;
}

/**
 * Follows a collection. Rejects with 504 when the resource version is in the future; that the log does not reach back to
 * it is an error event (410), as are failures after the first page of an initial state.
 */
export async function watchObjects(
  registry: Registry,
  request: CollectionRequest<Access>,
  options: WatchOptions,
  sink: WatchSink,
): Promise<WatchHandle> {
  const matcher = compileSelection(request.resource, request.version, options);
  const narrowed = { ...request, namespace: request.namespace ?? matcher.namespace };
  const watch = new ObjectWatch({ registry, matcher, prefix: collectionPrefix(request, narrowed.namespace), sink });
  const from = options.resourceVersion;
  const anyVersion = from === '' || from === '0';
  const newest = await registry.storage.currentRevision();
  const after = anyVersion ? newest : parseResourceVersion(from);
  if (after > newest) throw timeout(`Too large resource version: ${after}, current: ${newest}`, 1);
  if (options.sendInitialEvents ?? anyVersion) {
    const nextPage = (continueToken: string): Promise<ListResult> =>
      listObjects(registry, narrowed, {
        ...options,
        limit: initialPage,
        resourceVersion: '',
        resourceVersionMatch: '',
        continueToken,
      });
    void watch.sendInitialState(await nextPage(''), nextPage);
  } else watch.follow(after);
  return watch;
}

/** Objects of the initial state read at once. */
const initialPage = 500;
/** Bytes of the initial state handed over at once. */
const initialChunkBytes = 512 * 1024;

interface ObjectWatchSetup {
  registry: Registry;
  matcher: Matcher;
  prefix: string;
  sink: WatchSink;
}

/** One watch: first the initial state, where asked for, as fast as the reader takes it; then the changes. */
class ObjectWatch implements WatchHandle {
  private readonly setup: ObjectWatchSetup;
  private subscription: WatchSubscription | undefined;
  private closed = false;

  constructor(setup: ObjectWatchSetup) {
    this.setup = setup;
  }

  close(): void {
    this.closed = true;
    this.subscription?.close();
  }

  revision(): Revision | undefined {
    return this.subscription?.revision();
  }

  follow(after: Revision): void {
    const { registry, matcher, prefix, sink } = this.setup;
    this.subscription = registry.hub.watch({
      prefix,
      after,
      onChanges(changes) {
        const events = eventsOf(changes, matcher);
        if (events.length > 0) sink.onEvents(events, matcher.sharingKey === undefined ? undefined : events);
      },
      ready: () => sink.ready(),
      onEnd: (error) => void this.end(error, this.subscription?.revision() ?? after),
    });
  }

  /** Whose version is too old is told the oldest that would do, as by Kubernetes. Never rejects. */
  private async end(error: Error, position: Revision): Promise<void> {
    const { registry, sink } = this.setup;
    if (!isStorageError(error, 'RevisionCompacted')) return sink.onEnd(toStatusError(error));
    const oldest = await registry.storage.compactedRevision().catch(() => undefined);
    if (this.closed) return;
    sink.onEnd(expired(`too old resource version: ${position}${oldest === undefined ? '' : ` (${oldest})`}`));
  }

  /** All pages are of the first one's revision, from which the watch then goes on. Never rejects. */
  async sendInitialState(first: ListResult, next: (continueToken: string) => Promise<ListResult>): Promise<void> {
    const { sink } = this.setup;
    try {
      for (let page = first; ; page = await next(page.continueToken)) {
        for (const chunk of chunksOf(page.items)) {
          await sink.ready();
          if (this.closed) return;
          sink.onEvents(
            chunk.map((stored) => ({ type: 'ADDED', stored })),
            undefined,
          );
        }
        if (this.closed) return;
        if (page.continueToken !== '') continue;
        sink.onSynced(page.revision);
        this.follow(page.revision);
        return;
      }
    } catch (error) {
      if (!this.closed) sink.onEnd(toStatusError(error));
    }
  }
}

function* chunksOf(items: readonly StoredObject[]): Generator<readonly StoredObject[]> {
  let start = 0;
  let bytes = 0;
  for (let i = 0; i < items.length; i++) {
    bytes += (items[i] as StoredObject).kv.value.byteLength;
    if (bytes < initialChunkBytes && i < items.length - 1) continue;
    yield items.slice(start, i + 1);
    start = i + 1;
    bytes = 0;
  }
}
