/** Time as a parameter, so that tests decide when leases expire and logs are compacted. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `callback` once after `delayMs`. A pending timer must not keep the process alive. */
  schedule(delayMs: number, callback: () => void): ScheduledCall;
}

export interface ScheduledCall {
  cancel(): void;
}

/** Longest delay that a Node timer takes; callers reschedule when they wake too early. */
const longestDelay = 2 ** 31 - 1;

const schedule: Clock['schedule'] = (delayMs, callback) => {
  const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), longestDelay));
  timer.unref();
  return { cancel: () => clearTimeout(timer) };
};

export const systemClock: Clock = { now: () => Date.now(), schedule };

/** For ages and deadlines within one process: does not jump when somebody sets the time. `now` counts from some moment of its own. */
export const monotonicClock: Clock = { now: () => performance.now(), schedule };

/**
 * The time of day when it was made, and from then on as much more as has passed: for moments that outlive the process. Who
 * sets the time is heard of at the next start.
 */
export function steadyClock(): Clock {
  const origin = Date.now() - performance.now();
  return { now: () => Math.round(origin + performance.now()), schedule };
}
