import { LiveFollowers } from '../../change-log/live-followers.ts';
import type { ChangeFollower, Revision, Subscription } from '../../storage.ts';
import type { StorageError } from '../../storage-error.ts';
import type { EtcdKeys } from './etcd-keys.ts';
import { ObjectWatch } from './object-watch.ts';
import type { EtcdConnection } from './rpc/etcd-connection.ts';

/** Milliseconds after which a write suspects that the watch hangs, and after which it no longer waits for it. */
const suspicionMs = 2000;
const patienceMs = 10_000;

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
  readonly #keys: EtcdKeys;
  readonly #live = new LiveFollowers();
  readonly #catchingUp = new Map<ObjectWatch, ChangeFollower>();
  #watch: ObjectWatch | undefined;
  /** Revision of the newest change that was published; at first, where the watch began. */
  #published = 0;
  #waiters: Waiter[] = [];

  constructor(connection: EtcdConnection, keys: EtcdKeys) {
    this.#connection = connection;
    this.#keys = keys;
  }

  /** `after` was checked: history reaches back so far. */
  follow(after: Revision, follower: ChangeFollower): Subscription {
    if (this.#watch === undefined) this.#start(after);
    if (after >= this.#published) return this.#live.join(follower, after);
    return this.#catchUp(after, follower);
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
    this.#watch?.close();
    this.#watch = undefined;
    this.#fail(error);
    for (const [watch, follower] of this.#catchingUp) {
      watch.close();
      follower.onError(error);
    }
    this.#catchingUp.clear();
  }

  #start(after: number): void {
    this.#published = after;
    this.#watch = new ObjectWatch(this.#connection, this.#keys, after, {
      onChanges: (changes) => {
        this.#published = changes.at(-1)?.revision ?? this.#published;
        this.#live.publish(changes);
        this.#wake(this.#published);
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
    const watch = new ObjectWatch(this.#connection, this.#keys, after, {
      onChanges: (changes) => {
        follower.onChanges(changes);
        const position = changes.at(-1)?.revision ?? after;
        // Something was published after `after`, so this is reached whether or not anything is written any more.
        if (closed || position < this.#published || this.#watch === undefined) return;
        this.#catchingUp.delete(watch);
        watch.close();
        live = this.#live.join(follower, position);
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
