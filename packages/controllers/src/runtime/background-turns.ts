import type { Clock } from '@canopy/storage';

/** Milliseconds for which work in the background goes on in one turn of the event loop; the piece that is under way then is done. */
const sliceMs = 2;

/**
 * Divides a thread between requests and work in the background, which comes in pieces: what runs from one wait for the
 * store, or for a turn, to the next. Pieces of all controllers take turns in the order in which they asked, for a slice of
 * each turn of the event loop; then sockets, timers and the writer's answers are looked at.
 */
export class BackgroundTurns {
  readonly #clock: Pick<Clock, 'now'>;
  readonly #line: (() => void)[] = [];
  #endMs = 0;
  #running = false;

  /** The clock should count parts of milliseconds. */
  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  /** Calls `begin` when it is its turn. */
  enter(begin: () => void): void {
    this.#line.push(begin);
    if (this.#running) return;
    this.#running = true;
    setImmediate(() => this.#slice());
  }

  /** Resolves when the next piece of work may begin. */
  next(): Promise<void> {
    return new Promise((resolve) => this.enter(resolve));
  }

  #slice(): void {
    this.#endMs = this.#clock.now() + sliceMs;
    this.#step();
  }

  #step(): void {
    const begin = this.#line.shift();
    if (begin === undefined) {
      this.#running = false;
      return;
    }
    begin();
    // A tick that a microtask asks for comes after all other microtasks, so when the piece has come to its end.
    queueMicrotask(() => process.nextTick(() => this.#after()));
  }

  #after(): void {
    if (this.#line.length === 0 || this.#clock.now() < this.#endMs) this.#step();
    else setImmediate(() => this.#slice());
  }
}
