import { setTimeout as sleep } from 'node:timers/promises';

export interface PollOptions {
  /** Milliseconds until it is given up. */
  within?: number;
  /** What is waited for, for the message of the failure. */
  what?: string;
}

const firstPauseMs = 10;
const longestPauseMs = 500;

/**
 * Calls until the answer is neither undefined nor false, and returns it. A call that throws counts as "not yet"; the last
 * error is the cause of the failure.
 *
 * @throws Error when the time is up
 */
export async function eventually<T>(
  attempt: () => Promise<T | undefined | false> | T | undefined | false,
  { within = 15_000, what = 'the condition' }: PollOptions = {},
): Promise<T> {
  const deadline = performance.now() + within;
  let last: unknown;
  for (let pause = firstPauseMs; ; pause = Math.min(pause * 1.5, longestPauseMs)) {
    try {
      const answer = await attempt();
      if (answer !== undefined && answer !== false) return answer;
    } catch (error) {
      last = error;
    }
    if (performance.now() + pause > deadline) {
      const why = last instanceof Error ? `: ${last.message}` : '';
      throw new Error(`${what} did not come true within ${within} ms${why}`, { cause: last });
    }
    await sleep(pause);
  }
}

/** The promise, or an error that says what was waited for. */
export async function within<T>(milliseconds: number, what: string, promise: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = sleep(milliseconds, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`${what} did not happen within ${milliseconds} ms`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([promise, late]);
  } finally {
    timer.abort();
  }
}
