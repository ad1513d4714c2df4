import type { EventLoop } from '../event-loop.ts';

/** An event loop whose turns a test makes; time moves only when it is told to. */
export class ManualLoop implements EventLoop {
  time = 0;
  /** Of that time, how long the thread had no processor. */
  preempted = 0;
  private input: (() => void)[] = [];
  private ready: (() => void)[] = [];
  private readonly timers = new Set<() => void>();

  now(): number {
    return this.time;
  }

  busy(): number {
    return this.time - this.preempted;
  }

  afterInput(callback: () => void): void {
    this.input.push(callback);
  }

  afterReady(callback: () => void): void {
    this.ready.push(callback);
  }

  every(_ms: number, callback: () => void): () => void {
    this.timers.add(callback);
    return () => this.timers.delete(callback);
  }

  get timersRunning(): number {
    return this.timers.size;
  }

  /** Ends the turn: runs what waits for its end and all that follows from it. False when nothing did. */
  async turn(): Promise<boolean> {
    const callbacks = this.input.splice(0);
    for (const callback of callbacks) {
      callback();
      for (let next = this.ready.shift(); next !== undefined; next = this.ready.shift()) {
        await settled();
        next();
      }
    }
    await settled();
    return callbacks.length > 0;
  }

  /** Turns until nothing more happens by itself. */
  async rest(): Promise<void> {
    while (await this.turn());
  }

  async pass(ms: number): Promise<void> {
    this.time += ms;
    for (const timer of this.timers) timer();
    await settled();
  }
}

/** Lets the promises that are settled by now reach those who wait for them. */
async function settled(): Promise<void> {
  for (let i = 0; i < 4; i++) await Promise.resolve();
}
