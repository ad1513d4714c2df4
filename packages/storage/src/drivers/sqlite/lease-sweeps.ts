import type { Clock, ScheduledCall } from '../../clock.ts';

/** Before leases whose expiry could not be written are looked at again. Milliseconds. */
const retryMs = 1000;

/** Has expired leases removed when the first of them is due. */
export class LeaseSweeps {
  readonly #clock: Clock;
  /** Removes what has expired by `now`; resolves with when the next lease does, 0 for none. */
  readonly #sweep: (now: number) => Promise<number>;
  #wake: { at: number; call: ScheduledCall } | undefined;
  #stopped = false;

  constructor(clock: Clock, sweep: (now: number) => Promise<number>) {
    this.#clock = clock;
    this.#sweep = sweep;
  }

  /** A lease expires then, in milliseconds of the clock; 0: there is none. */
  wakeAt(time: number): void {
    if (time === 0 || this.#stopped) return;
    if (this.#wake !== undefined) {
      if (this.#wake.at <= time) return;
      this.#wake.call.cancel();
    }
    const call = this.#clock.schedule(time - this.#clock.now(), () => {
      this.#wake = undefined;
      void this.#run(time);
    });
    this.#wake = { at: time, call };
  }

  stop(): void {
    this.#stopped = true;
    this.#wake?.call.cancel();
  }

  async #run(due: number): Promise<void> {
    const now = this.#clock.now();
    if (now < due) return this.wakeAt(due);
    try {
      this.wakeAt(await this.#sweep(now));
    } catch {
      // The disk is full or the queue is: the leases stay expired.
      this.wakeAt(this.#clock.now() + retryMs);
    }
  }
}
