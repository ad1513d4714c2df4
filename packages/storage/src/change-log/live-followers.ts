import type { Change, ChangeFollower, Revision, Subscription } from '../storage.ts';

interface LiveFollower {
  follower: ChangeFollower;
  /** Newest revision that the follower has seen. */
  position: number;
}

/**
 * The followers of a store that have caught up with its log. The caller publishes each change once, in revision order;
 * a follower that joined with changes still to be published (it read them from the log) gets none of them twice. Changes
 * published by a follower's own writes wait until the present batch has reached everybody.
 */
export class LiveFollowers {
  readonly #live = new Set<LiveFollower>();
  readonly #waiting: (() => void)[] = [];
  #publishing = false;

  /** From now on `follower` gets every published change with a revision greater than `position`. */
  join(follower: ChangeFollower, position: number): Subscription {
    const entry: LiveFollower = { follower, position };
    this.#live.add(entry);
    return { close: () => void this.#live.delete(entry) };
  }

  publish(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    this.#inTurn(() => {
      for (const entry of this.#live) this.#deliver(entry, changes);
    });
  }

  /** All changes up to `revision` were published. */
  progress(revision: Revision): void {
    this.#inTurn(() => {
      for (const entry of this.#live) {
        if (entry.position >= revision) continue;
        entry.position = revision;
        entry.follower.onProgress?.(revision);
      }
    });
  }

  /** Ends all subscriptions with an error. */
  fail(error: Error): void {
    const ended = [...this.#live];
    this.#live.clear();
    for (const { follower } of ended) follower.onError(error);
  }

  #inTurn(task: () => void): void {
    this.#waiting.push(task);
    if (this.#publishing) return;
    this.#publishing = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next();
    } finally {
      this.#publishing = false;
    }
  }

  #deliver(entry: LiveFollower, batch: readonly Change[]): void {
    const first = batch[0];
    const last = batch[batch.length - 1];
    if (first === undefined || last === undefined || last.revision <= entry.position) return;
    const news = first.revision > entry.position ? batch : batch.filter((change) => change.revision > entry.position);
    entry.position = last.revision;
    try {
      entry.follower.onChanges(news);
    } catch (error) {
      this.#live.delete(entry);
      entry.follower.onError(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
