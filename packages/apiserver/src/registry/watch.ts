import { expired, type KubeObject, timeout } from '@canopy/apimachinery';
import { type Change, isStorageError, type KeyValue, type Revision } from '@canopy/storage';
import { collectionPrefix, listObjects, parseResourceVersion } from './list.ts';
import type { Access } from './logical-cluster.ts';
import { decodeObject } from './object-codec.ts';
import type { CollectionRequest, Registry, StoredObject } from './registry.ts';
import { compileSelection, type Matcher, type Selection } from './selection.ts';
import { toStatusError } from './storage-errors.ts';

export interface WatchOptions extends Selection {
  resourceVersion: string;
  /** Stream the collection's current state first, then a bookmark that says so. */
  sendInitialEvents: boolean;
}

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface WatchedEvent {
  type: WatchEventType;
  stored: StoredObject;
}

export interface WatchSink {
  /** Events that became visible together. `shared` is one identity for all watchers that see exactly the same events. */
  onEvents(events: readonly WatchedEvent[], shared: object | undefined): void;
  /** The initial state was delivered completely, as of this revision. */
  onSynced(revision: Revision): void;
  onEnd(error: Error): void;
}

export interface WatchHandle {
  close(): void;
  /** Revision up to which everything was delivered. */
  revision(): Revision;
}

/** Follows a collection. 410 when the log does not reach back to the resource version, 504 when it is in the future. */
export async function watchObjects(
  registry: Registry,
  request: CollectionRequest<Access>,
  options: WatchOptions,
  sink: WatchSink,
): Promise<WatchHandle> {
  const matcher = compileSelection(request.resource, request.version, options);
  const namespace = request.namespace ?? matcher.namespace;
  const prefix = collectionPrefix(request, namespace);
  const from = options.resourceVersion;
  const replayState = options.sendInitialEvents || from === '' || from === '0';
  let after: Revision;
  if (replayState) {
    after = await sendInitialState(registry, { ...request, namespace }, options, sink);
    sink.onSynced(after);
  } else {
    after = parseResourceVersion(from);
    const newest = await registry.storage.currentRevision();
    if (after > newest) throw timeout(`Too large resource version: ${after}, current: ${newest}`, 1);
  }
  try {
    const watcher = await registry.hub.watch({
      prefix,
      after,
      onChanges(changes) {
        if (matcher.all) sink.onEvents(sharedEvents(changes), changes);
        else {
          const events = selectEvents(changes, matcher);
          if (events.length > 0) sink.onEvents(events, undefined);
        }
      },
      onEnd: (error) => sink.onEnd(toWatchError(error)),
    });
    return { close: () => watcher.close(), revision: () => registry.hub.revision };
  } catch (error) {
    throw toWatchError(error);
  }
}

function toWatchError(error: unknown): Error {
  if (isStorageError(error, 'RevisionCompacted')) return expired('too old resource version');
  return toStatusError(error);
}

async function sendInitialState(
  registry: Registry,
  request: CollectionRequest<Access>,
  options: WatchOptions,
  sink: WatchSink,
): Promise<Revision> {
  const paging = { ...options, limit: 500, resourceVersion: '', resourceVersionMatch: '' as const };
  let page = await listObjects(registry, request, { ...paging, continueToken: '' });
  for (;;) {
    if (page.items.length > 0)
      sink.onEvents(
        page.items.map((stored) => ({ type: 'ADDED', stored })),
        undefined,
      );
    if (page.continueToken === '') return page.revision;
    page = await listObjects(registry, request, { ...paging, continueToken: page.continueToken });
  }
}

/** Watchers without selectors share the events of a batch, and whatever was rendered for it. */
const eventsOfBatch = new WeakMap<readonly Change[], WatchedEvent[]>();

function sharedEvents(changes: readonly Change[]): WatchedEvent[] {
  let events = eventsOfBatch.get(changes);
  if (events === undefined) {
    events = changes.map(toEvent);
    eventsOfBatch.set(changes, events);
  }
  return events;
}

function toEvent(change: Change): WatchedEvent {
  if (change.type === 'delete') return { type: 'DELETED', stored: { kv: lastState(change) } };
  return { type: change.previousRevision === 0 ? 'ADDED' : 'MODIFIED', stored: { kv: newState(change) } };
}

function newState(change: Change): KeyValue {
  return {
    key: change.key,
    value: change.value as Uint8Array,
    modRevision: change.revision,
    createRevision: change.createRevision,
  };
}

/** The object as it was, with the revision of its end. */
function lastState(change: Change): KeyValue {
  return {
    key: change.key,
    value: change.previous as Uint8Array,
    modRevision: change.revision,
    createRevision: change.createRevision,
  };
}

/** With selectors an object may enter (ADDED) or leave (DELETED) the watched set by being modified. */
function selectEvents(changes: readonly Change[], matcher: Matcher): WatchedEvent[] {
  const events: WatchedEvent[] = [];
  for (const change of changes) {
    const before = change.previousRevision === 0 ? undefined : matched(lastState(change), matcher);
    const now = change.type === 'delete' ? undefined : matched(newState(change), matcher);
    if (now !== undefined) events.push({ type: before === undefined ? 'ADDED' : 'MODIFIED', stored: now });
    else if (before !== undefined) events.push({ type: 'DELETED', stored: before });
  }
  return events;
}

function matched(kv: KeyValue, matcher: Matcher): StoredObject | undefined {
  if (matcher.name !== undefined && !kv.key.endsWith(`/${matcher.name}`)) return undefined;
  const object: KubeObject = decodeObject(kv);
  return matcher.matches(object) ? { kv, object } : undefined;
}
