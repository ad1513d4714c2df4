import { LiveFollowers } from '../../change-log/live-followers.ts';
import type { ChangeFollower, Revision, Subscription } from '../../storage.ts';
import type { StorageError } from '../../storage-error.ts';
import type { EtcdLayout } from './etcd-settings.ts';
import { ObjectWatch } from './object-watch.ts';
import type { EtcdConnection } from './rpc/etcd-connection.ts';

/** Milliseconds after which a write suspects that the watch hangs, and after which it no longer waits for it. */
const suspicionMs = 2000;
const patienceMs = 10_000;

/** Milliseconds in which progress comes by itself, if it does. */
const nudgeMs = 20;
const nudgeAgainMs = 500;

interface Waiter {
  revision: number;
  resolve(): void;
}

/**
 * One watch for all followers that have caught up; it starts with the first of them. A follower that starts further
 * back gets a watch of its own, until that has reached what the common one has published.
 */
export class EtcdFollowers {
  readonly #connection: EtcdConnection;
  readonly #layout: EtcdLayout;
  readonly #live = new LiveFollowers();
  readonly #catchingUp = new Map<ObjectWatch, ChangeFollower>();
  #watch: ObjectWatch | undefined;
  /** Everything up to here was published; at first, where the watch began. */
  #published = 0;
  /** Progress up to here is waited for. */
  #wanted = 0;
  #nudge: NodeJS.Timeout | undefined;
  #waiters: Waiter[] = [];

  readonly #touch: () => Promise<void>;

  /** `touch` changes something that is watched, but no object. */
  constructor(connection: EtcdConnection, layout: EtcdLayout, touch: () => Promise<void>) {
    this.#connection = connection;
    this.#layout = layout;
    this.#touch = touch;
  }

  /** `after` was checked: history reaches back so far. */
  follow(after: Revision, follower: ChangeFollower): Subscription {
    if (this.#watch === undefined) this.#start(after);
    if (after >= this.#published) return this.#live.join(follower, after);
    return this.#catchUp(after, follower);
  }

  /**
   * Sees to it that followers hear of progress up to `revision`. What Canopy writes is heard of anyway, but etcd's
   * revision rises with the writes of others too: then something is touched, and its event comes after all before it.
   */
  reach(revision: number): void {
    if (this.#watch === undefined || revision <= this.#published) return;
    this.#wanted = Math.max(this.#wanted, revision);
    this.#nudgeIn(nudgeMs);
  }

  /** Resolves when the followers have got `revision`, which is that of a change; in case of trouble, after ten seconds. */
  async delivered(revision: number): Promise<void> {
    const watch = this.#watch;
    if (watch === undefined || revision <= this.#published) return;
    const suspicion = setTimeout(() => watch.restart(), suspicionMs);
    let patience: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#waiters.push({ revision, resolve });
      patience = setTimeout(resolve, patienceMs);
    });
    clearTimeout(suspicion);
    clearTimeout(patience);
  }

  /** Ends all subscriptions. */
  close(error: StorageError): void {
    clearTimeout(this.#nudge);
    this.#watch?.close();
    this.#watch = undefined;
    this.#fail(error);
    for (const [watch, follower] of this.#catchingUp) {
      watch.close();
      follower.onError(error);
    }
    this.#catchingUp.clear();
  }

  #nudgeIn(ms: number): void {
    this.#nudge ??= setTimeout(() => void this.#nudgeNow(), ms);
  }

  async #nudgeNow(): Promise<void> {
    if (this.#wanted > this.#published) await this.#touch().catch(() => undefined);
    this.#nudge = undefined;
    if (this.#watch !== undefined && this.#wanted > this.#published) this.#nudgeIn(nudgeAgainMs);
  }

  #start(after: Revision): void {
    this.#published = after;
    this.#watch = new ObjectWatch(this.#connection, this.#layout, after, {
      onChanges: (changes) => {
        this.#published = changes.at(-1)?.revision ?? this.#published;
        this.#live.publish(changes);
      },
      onProgress: (revision) => {
        this.#published = revision;
        this.#live.progress(revision);
        this.#wake(revision);
      },
      onError: (error) => {
        this.#watch = undefined;
        this.#fail(error);
      },
    });
    this.#watch.start();
  }

  #fail(error: StorageError): void {
    this.#live.fail(error);
    this.#wake(Number.POSITIVE_INFINITY);
  }

  #wake(revision: number): void {
    const due = this.#waiters.filter((waiter) => waiter.revision <= revision);
    if (due.length === 0) return;
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > revision);
    for (const { resolve } of due) resolve();
  }

  #catchUp(after: Revision, follower: ChangeFollower): Subscription {
    let live: Subscription | undefined;
    let closed = false;
    const watch = new ObjectWatch(this.#connection, this.#layout, after, {
      onChanges: (changes) => follower.onChanges(changes),
      onProgress: (revision) => {
        follower.onProgress?.(revision);
        // The common watch has had an event after `after`, so this comes whether or not anything is written any more.
        if (closed || revision < this.#published || this.#watch === undefined) return;
        this.#catchingUp.delete(watch);
        watch.close();
        live = this.#live.join(follower, revision);
      },
      onError: (error) => {
        this.#catchingUp.delete(watch);
        follower.onError(error);
      },
    });
    this.#catchingUp.set(watch, follower);
    watch.start();
    return {
      close: () => {
        closed = true;
        this.#catchingUp.delete(watch);
        watch.close();
        live?.close();
      },
    };
  }
}
