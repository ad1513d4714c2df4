import type { Clock } from '../clock.ts';
import { ConnectionError } from './connection-error.ts';

/** A signal that fires when the caller's does or when time is up. */
export interface Deadline {
  signal: AbortSignal | undefined;
  /** Stops the timer; the caller's signal goes on. */
  stop(): void;
}

/** `timeoutMs` of 0 is no limit. */
export function deadline(clock: Clock, timeoutMs: number, signal: AbortSignal | undefined): Deadline {
  if (timeoutMs <= 0) return { signal, stop: () => {} };
  const controller = new AbortController();
  const timer = clock.schedule(timeoutMs, () =>
    controller.abort(new ConnectionError('timeout', `no complete answer within ${timeoutMs} ms`)),
  );
  return {
    signal: signal === undefined ? controller.signal : AbortSignal.any([signal, controller.signal]),
    stop: () => timer.cancel(),
  };
}
