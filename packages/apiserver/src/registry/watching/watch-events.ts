import type { KubeObject } from '@canopy/apimachinery';
import type { Change, KeyValue } from '@canopy/storage';
import { decodeObject } from '../object-codec.ts';
import type { StoredObject } from '../registry.ts';
import type { Matcher } from '../selection.ts';

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface WatchedEvent {
  type: WatchEventType;
  stored: StoredObject;
}

/** An object before and after a change, decoded to be looked at by matchers only. */
interface Decoded {
  before: KubeObject | undefined;
  now: KubeObject | undefined;
}

/** What watchers of one batch share, for as long as the batch is being distributed. */
interface SharedBatch {
  /** By the matcher's sharing key. */
  events: Map<string, WatchedEvent[]>;
  decoded: Map<Change, Decoded>;
}

const batches = new WeakMap<readonly Change[], SharedBatch>();

/**
 * The events that changes are to somebody who selects by `matcher`. Watchers that select the same get one identical
 * array; those that select otherwise still share the decoding.
 */
export function eventsOf(changes: readonly Change[], matcher: Matcher): readonly WatchedEvent[] {
  let batch = batches.get(changes);
  if (batch === undefined) {
    batch = { events: new Map(), decoded: new Map() };
    batches.set(changes, batch);
  }
  const key = matcher.sharingKey;
  const known = key === undefined ? undefined : batch.events.get(key);
  if (known !== undefined) return known;
  const events = matcher.all ? changes.map(toEvent) : selectEvents(changes, matcher, batch);
  if (key !== undefined) batch.events.set(key, events);
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
function selectEvents(changes: readonly Change[], matcher: Matcher, batch: SharedBatch): WatchedEvent[] {
  const events: WatchedEvent[] = [];
  for (const change of changes) {
    if (matcher.name !== undefined && !change.key.endsWith(`/${matcher.name}`)) continue;
    const { before, now } = decodedOf(change, batch);
    const matchedBefore = before !== undefined && matcher.matches(before);
    if (now !== undefined && matcher.matches(now))
      events.push({ type: matchedBefore ? 'MODIFIED' : 'ADDED', stored: { kv: newState(change) } });
    else if (matchedBefore) events.push({ type: 'DELETED', stored: { kv: lastState(change) } });
  }
  return events;
}

function decodedOf(change: Change, batch: SharedBatch): Decoded {
  let decoded = batch.decoded.get(change);
  if (decoded === undefined) {
    decoded = {
      before: change.previousRevision === 0 ? undefined : decodeObject(lastState(change)),
      now: change.type === 'delete' ? undefined : decodeObject(newState(change)),
    };
    batch.decoded.set(change, decoded);
  }
  return decoded;
}
