/** Keys that wait for something to happen in a logical cluster. As large as the work that is left. */
export class WaitingKeys {
  private readonly byScope = new Map<string, Set<string>>();

  wait(scope: string, key: string): void {
    const keys = this.byScope.get(scope);
    if (keys === undefined) this.byScope.set(scope, new Set([key]));
    else keys.add(key);
  }

  release(scope: string, key: string): void {
    const keys = this.byScope.get(scope);
    if (keys === undefined) return;
    keys.delete(key);
    if (keys.size === 0) this.byScope.delete(scope);
  }

  of(scope: string): Iterable<string> {
    return this.byScope.get(scope) ?? [];
  }

  get empty(): boolean {
    return this.byScope.size === 0;
  }
}

const shortestPollMs = 250;
const longestPollMs = 5 * 60_000;

/**
 * When to look again at something that is being deleted: after a fifth of the time that it has taken, up to five minutes.
 * If it was marked in the future, since the time was set back, after a fifth of what the times differ by.
 */
export function pollDelay(nowMs: number, sinceText: string | undefined): number {
  const since = sinceText === undefined ? Number.NaN : Date.parse(sinceText);
  const age = Number.isNaN(since) ? 0 : Math.abs(nowMs - since);
  return Math.min(Math.max(age / 5, shortestPollMs), longestPollMs);
}
