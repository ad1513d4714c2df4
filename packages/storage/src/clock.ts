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

export const systemClock: Clock = {
  now: () => Date.now(),
  schedule(delayMs, callback) {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), longestDelay));
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
