import type { Change, Revision } from '../../storage.ts';
import { StorageError } from '../../storage-error.ts';
import { toChanges } from './etcd-changes.ts';
import type { EtcdLayout } from './etcd-settings.ts';
import { revisionStride } from './revision-scale.ts';
import { CallFailure } from './rpc/call-failure.ts';
import type { EtcdConnection, RequestStream } from './rpc/etcd-connection.ts';
import { watchPath } from './rpc/etcd-methods.ts';
import { encodeWatchCreate } from './rpc/etcd-requests.ts';
import { decodeWatch, type EtcdEvent, type WatchResponse } from './rpc/etcd-responses.ts';

/** Bytes of values after which a follower gets what there is, and may pause, before the rest. */
const chunkBytes = 512 * 1024;

export interface ObjectWatchHandler {
  /** Whole transactions, in order, and not many bytes at once unless one transaction has them. May close the watch. */
  onChanges(changes: readonly Change[]): void;
  /** Everything up to this revision was delivered; called after the changes, and when there were none. */
  onProgress(revision: Revision): void;
  /** The rest is lost: compacted, or not to be understood. Nothing follows. */
  onError(error: StorageError): void;
}

/**
 * All changes of objects after a revision, without gap or duplicate, over any number of connections: whenever one
 * breaks, or its member loses the leader, the watch goes on at the next endpoint where it stood. It does so for as long
 * as it takes.
 */
export class ObjectWatch {
  readonly #connection: EtcdConnection;
  readonly #layout: EtcdLayout;
  readonly #handler: ObjectWatchHandler;
  /** Everything up to this revision was delivered. */
  #position: Revision;
  #stream: RequestStream | undefined;
  #fragments: EtcdEvent[] = [];
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(connection: EtcdConnection, layout: EtcdLayout, after: Revision, handler: ObjectWatchHandler) {
    this.#connection = connection;
    this.#layout = layout;
    this.#position = after;
    this.#handler = handler;
  }

  start(): void {
    this.#fragments = [];
    const stream = this.#connection.openStream(watchPath, decodeWatch, {
      onMessage: (response) => {
        if (!this.#closed) this.#receive(response);
      },
      onEnd: (failure) => this.#broken(failure),
    });
    this.#stream = stream;
    // One revision too early, so that etcd refuses when what comes next was compacted; what is known already is left out.
    const startRevision = Math.max(1, this.#layout.scale.wholeUpTo(this.#position));
    stream.write(encodeWatchCreate({ ...this.#layout.keys.watched, startRevision }));
  }

  /** Gives a connection up that may hang, and goes on over another. */
  restart(): void {
    if (this.#closed || this.#retry !== undefined) return;
    this.#stream?.close();
    this.#connection.leave();
    this.start();
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    this.#stream?.close();
  }

  #receive(response: WatchResponse): void {
    if (response.compactRevision > 0) {
      const words = `the changes after ${this.#position} are gone: etcd compacted them`;
      this.#fail(new StorageError('RevisionCompacted', words));
    } else if (response.canceled) {
      this.#stream?.close();
      this.#broken(new CallFailure('unknown', response.cancelReason));
    } else {
      this.#failures = 0;
      for (const event of response.events) this.#fragments.push(event);
      this.#deliver(response);
    }
  }

  #deliver(response: WatchResponse): void {
    const events = this.#takeWhole(response.fragment);
    // etcd sends whole revisions, in order; and without events, when it was quiet, a sign of life that says how far it is.
    const silent = response.created || response.fragment || response.events.length > 0;
    const reached = events.at(-1)?.item.modRevision ?? (silent ? undefined : response.revision);
    for (const chunk of chunksOf(this.#fresh(events))) {
      if (this.#closed) return;
      this.#position = chunk.at(-1)?.revision ?? this.#position;
      this.#handler.onChanges(chunk);
    }
    if (this.#closed || reached === undefined) return;
    const revision = this.#layout.scale.toRevision(reached, 0);
    if (revision < this.#position) return;
    this.#position = revision;
    this.#handler.onProgress(revision);
  }

  /** Events of whole revisions; the last one of a fragment may have more. */
  #takeWhole(fragment: boolean): EtcdEvent[] {
    const events = this.#fragments;
    const last = events.at(-1)?.item.modRevision;
    const whole = fragment ? events.findIndex(({ item }) => item.modRevision === last) : events.length;
    this.#fragments = events.slice(whole);
    return events.slice(0, whole);
  }

  /** Those that were not delivered before a connection broke. */
  #fresh(events: EtcdEvent[]): Change[] {
    const { keys, scale } = this.#layout;
    const done = scale.wholeUpTo(this.#position);
    const news = events.filter(({ item }) => item.modRevision > done && keys.isObject(item.key));
    try {
      return toChanges(news, this.#layout).filter(({ revision }) => revision > this.#position);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#fail(error);
      return [];
    }
  }

  #broken(failure: CallFailure): void {
    if (this.#closed) return;
    if (failure.outcome === 'refused') {
      this.#fail(failure.toStorageError());
      return;
    }
    const ms = Math.min(1000, 10 * 2 ** this.#failures++) * (0.5 + Math.random() / 2);
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.start();
    }, ms);
  }

  #fail(error: StorageError): void {
    this.close();
    this.#handler.onError(error);
  }
}

/** Cuts between transactions. */
function* chunksOf(changes: Change[]): Generator<Change[]> {
  let start = 0;
  let bytes = 0;
  for (const [i, { value, revision }] of changes.entries()) {
    bytes += value?.byteLength ?? 0;
    if (bytes < chunkBytes || revision % revisionStride !== 0) continue;
    yield changes.slice(start, i + 1);
    start = i + 1;
    bytes = 0;
  }
  if (start < changes.length) yield start === 0 ? changes : changes.slice(start);
}
