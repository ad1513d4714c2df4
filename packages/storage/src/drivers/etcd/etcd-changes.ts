import type { Change } from '../../storage.ts';
import { StorageError } from '../../storage-error.ts';
import type { EtcdLayout } from './etcd-settings.ts';
import type { EtcdEvent } from './rpc/etcd-responses.ts';
import { decodeObject } from './stored-object.ts';

/**
 * Events of objects → changes. All events of a revision must be there, in etcd's order: a deletion has no value that
 * could tell how many changes follow it.
 */
export function toChanges(events: readonly EtcdEvent[], layout: EtcdLayout): Change[] {
  const changes: Change[] = [];
  for (let start = 0; start < events.length; ) {
    const revision = events[start]?.item.modRevision;
    let end = start;
    while (events[end]?.item.modRevision === revision) end++;
    for (let i = start; i < end; i++) changes.push(toChange(events[i] as EtcdEvent, end - 1 - i, layout));
    start = end;
  }
  return changes;
}

function toChange({ type, item, previous }: EtcdEvent, following: number, { keys, scale }: EtcdLayout): Change {
  const key = keys.keyOf(item.key);
  const before = previous && decodeObject(key, previous);
  const previousRevision = before === undefined ? 0 : scale.toRevision(before.state.modified, before.state.following);
  const revision = scale.toRevision(item.modRevision, following);
  if (type === 'put') {
    const { state, value } = decodeObject(key, item);
    if (before === undefined && state.created !== state.modified) throw withoutPast(key);
    const createRevision = scale.toRevision(state.created, state.createdFollowing);
    return { type, key, revision, value, createRevision, previous: before?.value, previousRevision };
  }
  if (before === undefined) throw withoutPast(key);
  const createRevision = scale.toRevision(before.state.created, before.state.createdFollowing);
  return { type, key, revision, value: undefined, createRevision, previous: before.value, previousRevision };
}

/** etcd looks the value before a change up when it sends the change. */
function withoutPast(key: string): StorageError {
  return new StorageError('RevisionCompacted', `what ${key} was before a change was compacted while it was read`);
}
