/** Time as a parameter. */
export interface Clock {
  /** What time it is, in milliseconds since 1970. Jumps when somebody sets the time, so never take a difference of two. */
  now(): number;
  /** Milliseconds since some moment of its own; never jumps. For durations. */
  ticks(): number;
  /** Runs `callback` once after `delayMs`, never before this call has returned. */
  schedule(delayMs: number, callback: () => void): ScheduledCall;
}

export interface ScheduledCall {
  cancel(): void;
}

/** A number from 0 (inclusive) to 1 (exclusive). */
export type Random = () => number;

/** Longest delay that a timer takes; who waits longer is woken early and schedules again. */
const longestDelay = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  ticks: () => performance.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), longestDelay));
    return { cancel: () => clearTimeout(timer) };
  },
};

/** Waits `delayMs`; rejects with the signal's reason when that comes first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      call.cancel();
      reject(signal?.reason);
    };
    const call = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
