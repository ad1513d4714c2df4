import { prefixEnd } from '../../key-order.ts';
import type { Change, IndexEntry, KeyValue, LeaseId, Revision, StorageKey } from '../../storage.ts';
import { SortedKeys } from './sorted-keys.ts';

/** One version of one key; `value` undefined is a deletion. */
export interface Version {
  revision: Revision;
  createRevision: Revision;
  value: Uint8Array | undefined;
  lease: LeaseId | undefined;
  indexes: readonly IndexEntry[];
}

/** All versions of all keys and the log of changes. */
export class MemoryHistory {
  readonly #keys = new SortedKeys();
  readonly #versions = new Map<string, Version[]>();
  #log: Change[] = [];
  /** The revision of an empty store is 1, so that a list of nothing can still be watched from its revision. */
  current = 1;
  compacted = 0;

  newest(key: string): Version | undefined {
    return this.#versions.get(key)?.at(-1);
  }

  asOf(key: string, revision: number): Version | undefined {
    return this.#versions.get(key)?.findLast((version) => version.revision <= revision);
  }

  keysBetween(start: string, prefix: string): Generator<string> {
    return this.#keys.between(start, prefixEnd(prefix));
  }

  append(key: StorageKey, version: Version): Change {
    const before = this.newest(key);
    const live = before?.value === undefined ? undefined : before;
    let versions = this.#versions.get(key);
    if (versions === undefined) {
      versions = [];
      this.#versions.set(key, versions);
      this.#keys.add(key);
    }
    versions.push(version);
    const change: Change = {
      type: version.value === undefined ? 'delete' : 'put',
      key,
      revision: version.revision,
      value: version.value,
      createRevision: version.createRevision,
      previous: live?.value,
      previousRevision: live?.revision ?? 0,
    };
    this.#log.push(change);
    return change;
  }

  /** Changes after a revision, at most `limit`. */
  changesAfter(revision: number, limit: number): Change[] {
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#log[middle] as Change).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#log.slice(low, low + limit);
  }

  compact(revision: number): void {
    this.compacted = revision;
    const kept = this.#log.findIndex((change) => change.revision > revision);
    const gone = kept === -1 ? this.#log : this.#log.slice(0, kept);
    this.#log = kept === -1 ? [] : this.#log.slice(kept);
    for (const { key } of gone) this.#forget(key, revision);
  }

  #forget(key: string, revision: number): void {
    const versions = this.#versions.get(key);
    if (versions === undefined) return;
    let base = versions.findLastIndex((version) => version.revision <= revision);
    if (base !== -1 && versions[base]?.value === undefined) base++;
    if (base > 0) versions.splice(0, base);
    if (versions.length > 0) return;
    this.#versions.delete(key);
    this.#keys.delete(key);
  }
}

/** What readers see of a version; undefined for a deletion. */
export function toKeyValue(key: string, version: Version | undefined): KeyValue | undefined {
  if (version?.value === undefined) return undefined;
  return {
    key: key as StorageKey,
    value: version.value,
    modRevision: version.revision,
    createRevision: version.createRevision,
  };
}
