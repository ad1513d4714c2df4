import type { Change, Revision, Storage, Subscription } from '../storage.ts';
import { StorageError } from '../storage-error.ts';
import { ChangeRing } from './change-ring.ts';
import { type IndexedWatcher, WatcherIndex, watches } from './watcher-index.ts';

/** Bytes of values that a watcher which is behind gets at once from the ring. */
const chunkBytes = 1024 * 1024;

export interface ChangeHubOptions {
  /** Changes kept in memory. Default 10,000. */
  maxChanges?: number;
  /** Bytes of keys and values of these. Default 32 MiB. */
  maxBytes?: number;
  /** The store cannot be followed any more, so the hub and all its watches have ended. Not called by `close`. */
  onEnd?(error: Error): void;
}

export interface WatchRequest {
  /** Ends in `/` (see `objectPrefix`), or is empty: all keys that start with it. Otherwise: this very key. */
  prefix: string;
  /** Changes with a greater revision are delivered. */
  after: Revision;
  /** The watcher's changes of one batch, in revision order; the array is shared, do not keep or change it. Must not block or throw. */
  onChanges(changes: readonly Change[]): void;
  /**
   * Asked between chunks while the watcher is behind: the next chunk waits for what this returns, so that a reader is not
   * given more than it takes. Undefined: go on at once.
   */
  ready?(): Promise<void> | undefined;
  /** Nothing follows: `RevisionCompacted`, `RevisionInFuture`, `Closed`, or what the store or `onChanges` failed with. */
  onEnd(error: Error): void;
}

/** A running watch. */
export interface WatchSubscription extends Subscription {
  /** Everything up to this revision that concerns the watcher was delivered. */
  revision(): Revision;
}

interface Watcher extends IndexedWatcher {
  request: WatchRequest;
  /** Newest revision that the watcher has got, or was not concerned by. */
  position: number;
  /** In the index: whatever the hub receives from now on reaches it. */
  live: boolean;
  closed: boolean;
  /** Reads the store's log for this watcher, while it is behind the ring. */
  reading: LogReading | undefined;
}

interface LogReading {
  over: boolean;
  /** Not known yet when the first chunk arrives. */
  subscription: Subscription | undefined;
}

interface Waiter {
  revision: number;
  resolve: () => void;
  reject: (error: Error) => void;
}

/**
 * Follows a store once and serves any number of watchers. The order in which a batch arrives: the ring takes it; the
 * listeners of {@link subscribeAll} hear of it; `revision` rises; each concerned watcher is called once; {@link waitFor}
 * resolves. A watcher that starts in the past is served from the ring, else from the store's log until it reaches the
 * ring, else ends with `RevisionCompacted`; it then joins the live stream without gap or duplicate. What it missed comes
 * in chunks, each when the watcher is `ready` for it.
 */
export class ChangeHub {
  readonly #storage: Storage;
  readonly #ring: ChangeRing;
  readonly #index = new WatcherIndex<Watcher>();
  /** Watchers of any state, to be ended when the hub ends. */
  readonly #watchers = new Set<Watcher>();
  readonly #listeners = new Set<(changes: readonly Change[]) => void>();
  #waiters: Waiter[] = [];
  #revision: Revision;
  #subscription: Subscription | undefined;
  #ended: Error | undefined;

  /** Starts to follow at the store's present revision. */
  static async start(storage: Storage, options: ChangeHubOptions = {}): Promise<ChangeHub> {
    const revision = await storage.currentRevision();
    const hub = new ChangeHub(storage, revision, options);
    hub.#subscription = await storage.follow(revision, {
      onChanges: (changes) => hub.#receive(changes),
      onProgress: (progress) => hub.#progress(progress),
      onError: (error) => {
        if (hub.#ended !== undefined) return;
        hub.#end(error);
        options.onEnd?.(error);
      },
    });
    return hub;
  }

  private constructor(storage: Storage, revision: Revision, options: ChangeHubOptions) {
    this.#storage = storage;
    this.#revision = revision;
    this.#ring = new ChangeRing(revision, {
      maxChanges: options.maxChanges ?? 10_000,
      maxBytes: options.maxBytes ?? 32 * 1024 * 1024,
    });
  }

  /** Newest revision delivered. */
  get revision(): Revision {
    return this.#revision;
  }

  /** Watchers that have not ended, for metrics. */
  get watcherCount(): number {
    return this.#watchers.size;
  }

  /** Never calls back before it returns. */
  watch(request: WatchRequest): WatchSubscription {
    const watcher: Watcher = {
      prefix: request.prefix,
      request,
      position: request.after,
      live: false,
      closed: false,
      reading: undefined,
    };
    this.#watchers.add(watcher);
    queueMicrotask(() => this.#admit(watcher));
    return {
      close: () => this.#remove(watcher),
      revision: () => (watcher.live ? Math.max(this.#revision, watcher.position) : watcher.position) as Revision,
    };
  }

  /**
   * `listener` hears of every change from now on, in order, before any watcher does: for caches that forget by key.
   * Must not throw.
   */
  subscribeAll(listener: (changes: readonly Change[]) => void): Subscription {
    this.#listeners.add(listener);
    return { close: () => void this.#listeners.delete(listener) };
  }

  /** Resolves when all listeners and watchers have got `revision`; so that a writer finds its own writes in caches. */
  waitFor(revision: Revision): Promise<void> {
    if (revision <= this.#revision) return Promise.resolve();
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => this.#waiters.push({ revision, resolve, reject }));
  }

  /** Ends all watches with `Closed`. The store stays open. */
  close(): void {
    this.#end(new StorageError('Closed', 'the change hub was closed'));
  }

  #receive(batch: readonly Change[]): void {
    const last = batch[batch.length - 1];
    if (last === undefined || this.#ended !== undefined) return;
    this.#ring.add(batch);
    for (const listener of this.#listeners) listener(batch);
    this.#revision = last.revision;
    this.#index.distribute(batch, (watcher, changes) => this.#deliver(watcher, changes, last.revision));
    this.#resolveWaiters();
  }

  #progress(revision: Revision): void {
    if (revision <= this.#revision || this.#ended !== undefined) return;
    this.#revision = revision;
    this.#resolveWaiters();
  }

  #resolveWaiters(): void {
    if (this.#waiters.length === 0) return;
    const waiting = this.#waiters;
    this.#waiters = [];
    for (const waiter of waiting) {
      if (waiter.revision <= this.#revision) waiter.resolve();
      else this.#waiters.push(waiter);
    }
  }

  /** `changes` concern the watcher; it then stands at revision `upTo`. */
  #deliver(watcher: Watcher, changes: readonly Change[], upTo: number): void {
    if (watcher.closed || watcher.position >= upTo) return;
    const first = changes[0];
    const fresh =
      first === undefined || first.revision > watcher.position
        ? changes
        : changes.filter(({ revision }) => revision > watcher.position);
    watcher.position = upTo;
    if (fresh.length === 0) return;
    try {
      watcher.request.onChanges(fresh);
    } catch (error) {
      this.#fail(watcher, asError(error));
    }
  }

  #admit(watcher: Watcher): void {
    if (watcher.closed) return;
    if (this.#ended !== undefined) {
      this.#fail(watcher, this.#ended);
    } else if (watcher.position > this.#revision) {
      // A reader of the store may be a batch ahead of the hub; anything beyond that is a revision that was never given out.
      this.#goLive(watcher);
      void this.#refuseFuture(watcher);
    } else this.#advance(watcher);
  }

  #goLive(watcher: Watcher): void {
    watcher.live = true;
    this.#index.add(watcher);
  }

  async #refuseFuture(watcher: Watcher): Promise<void> {
    const { after } = watcher.request;
    try {
      const current = await this.#storage.currentRevision();
      if (after > current)
        this.#fail(
          watcher,
          new StorageError('RevisionInFuture', `revision ${after} is newer than the newest, ${current}`),
        );
    } catch (error) {
      this.#fail(watcher, asError(error));
    }
  }

  /** Brings the watcher one chunk further, from the ring when it reaches back so far. */
  #advance(watcher: Watcher): void {
    if (watcher.closed || watcher.live) return;
    if (watcher.position >= this.#revision) this.#advanceInRing(watcher);
    else void this.#advanceInHistory(watcher);
  }

  /** The ring may be longer than the log, but not of use there: the former values of its changes are gone. */
  async #advanceInHistory(watcher: Watcher): Promise<void> {
    try {
      const compacted = await this.#storage.compactedRevision();
      if (watcher.closed) return;
      if (watcher.position < compacted)
        throw new StorageError(
          'RevisionCompacted',
          `the changes after revision ${watcher.position} were compacted up to ${compacted}`,
        );
      if (watcher.position >= this.#ring.floor) this.#advanceInRing(watcher);
      else void this.#readLog(watcher);
    } catch (error) {
      this.#fail(watcher, asError(error));
    }
  }

  /** Delivers a chunk of the ring; goes live with the last one. */
  #advanceInRing(watcher: Watcher): void {
    const { prefix, position } = watcher;
    const { changes, complete } = this.#ring.chunk(position, chunkBytes, ({ key }) => watches(prefix, key));
    if (complete) {
      this.#goLive(watcher);
      this.#deliver(watcher, changes, this.#revision);
      return;
    }
    this.#deliver(watcher, changes, changes.at(-1)?.revision ?? position);
    const ready = watcher.request.ready?.();
    if (ready === undefined) setImmediate(() => this.#advance(watcher));
    else void this.#advanceAfter(watcher, ready);
  }

  async #advanceAfter(watcher: Watcher, ready: Promise<void>): Promise<void> {
    try {
      await ready;
      this.#advance(watcher);
    } catch (error) {
      this.#fail(watcher, asError(error));
    }
  }

  /** Reads the store's log until the ring covers the rest, or the watcher wants a pause. */
  async #readLog(watcher: Watcher): Promise<void> {
    const reading: LogReading = { over: false, subscription: undefined };
    watcher.reading = reading;
    try {
      const subscription = await this.#storage.follow(watcher.position as Revision, {
        onChanges: (changes) => this.#deliverLog(watcher, reading, changes),
        onError: (error) => {
          if (!reading.over) this.#fail(watcher, error);
        },
      });
      if (reading.over) subscription.close();
      else reading.subscription = subscription;
    } catch (error) {
      if (!reading.over) this.#fail(watcher, asError(error));
    }
  }

  #deliverLog(watcher: Watcher, reading: LogReading, changes: readonly Change[]): void {
    const last = changes[changes.length - 1];
    if (reading.over || last === undefined) return;
    // The store's log may be ahead of the hub, whose own stream brings the rest.
    const upTo = Math.min(last.revision, this.#revision);
    const concerning = changes.filter(({ key, revision }) => revision <= upTo && watches(watcher.prefix, key));
    this.#deliver(watcher, concerning, upTo);
    if (watcher.closed) return;
    const ready = watcher.request.ready?.();
    if (ready === undefined && watcher.position < this.#ring.floor) return;
    endReading(watcher);
    if (ready === undefined) this.#advance(watcher);
    else void this.#advanceAfter(watcher, ready);
  }

  #remove(watcher: Watcher): void {
    watcher.closed = true;
    endReading(watcher);
    this.#index.delete(watcher);
    this.#watchers.delete(watcher);
  }

  #fail(watcher: Watcher, error: Error): void {
    if (watcher.closed) return;
    this.#remove(watcher);
    watcher.request.onEnd(error);
  }

  #end(error: Error): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    this.#subscription?.close();
    for (const watcher of [...this.#watchers]) this.#fail(watcher, error);
    for (const { reject } of this.#waiters) reject(error);
    this.#waiters = [];
    this.#listeners.clear();
  }
}

function endReading(watcher: Watcher): void {
  const { reading } = watcher;
  if (reading === undefined) return;
  reading.over = true;
  reading.subscription?.close();
  watcher.reading = undefined;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
