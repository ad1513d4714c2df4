/** A connection as far as it takes part in {@link ReadingTurns}. */
export interface Reading {
  /** Requests read in this turn, and which turn that was. */
  readInTurn: number;
  turn: number;
  /** How many of its requests wait in line, and whether it is read no further because of them. */
  inLine: number;
  waitsForLine: boolean;
  /** To be called when it may read on; it asks before each request. */
  readOn(): void;
}

export interface ReadingTurnsOptions {
  /** What each connection may read in any turn. */
  requestsEach: number;
  /** While so many of its requests wait in line nothing more is read of a connection. */
  inLineEach: number;
  /** What all of them together may read beyond that, in milliseconds of a turn. */
  ms: number;
  /** Milliseconds, monotonic. */
  now(): number;
  /** Once, after the sockets have brought what they had. */
  afterInput(callback: () => void): void;
}

/**
 * Bounds what is read of requests in one turn of the event loop. Until a request is read nobody knows whose it is, and a client
 * can send a thousand at once: without a bound everybody else would wait until all of these are read, before any queue.
 * Each connection gets a few in any case; those with more share a slice of time, one after the other, in the next turns.
 * What would only wait in line is left unread: a request takes many times its bytes once it is read, and all the time that it waits
 * garbage collections have to step around it.
 */
export class ReadingTurns {
  private readonly options: ReadingTurnsOptions;
  private turn = 0;
  private sliceEnd = 0;
  private asked = false;
  private waiting: Reading[] = [];

  constructor(options: ReadingTurnsOptions) {
    this.options = options;
  }

  /** Asked before each request. False: the connection stops reading until {@link Reading.readOn}. */
  mayRead(reading: Reading): boolean {
    if (reading.inLine >= this.options.inLineEach) {
      reading.waitsForLine = true;
      return false;
    }
    if (!this.asked) this.begin();
    if (reading.turn !== this.turn) {
      reading.turn = this.turn;
      reading.readInTurn = 0;
    }
    reading.readInTurn += 1;
    if (reading.readInTurn <= this.options.requestsEach || this.options.now() < this.sliceEnd) return true;
    this.waiting.push(reading);
    return false;
  }

  /** One of its requests begins or ends to wait in line. */
  waits(reading: Reading, yes: boolean): void {
    reading.inLine += yes ? 1 : -1;
    if (!reading.waitsForLine || reading.inLine >= this.options.inLineEach) return;
    reading.waitsForLine = false;
    this.waiting.push(reading);
    if (!this.asked) this.begin();
  }

  private begin(): void {
    this.asked = true;
    this.turn += 1;
    this.sliceEnd = this.options.now() + this.options.ms;
    this.options.afterInput(this.next);
  }

  /** Those who waited come first in the new slice; what comes in until the sockets are read again counts as the same turn. */
  private readonly next = (): void => {
    this.asked = false;
    if (this.waiting.length === 0) return;
    const { waiting } = this;
    this.waiting = [];
    this.begin();
    for (let i = 0; i < waiting.length; i++) {
      if (i > 0 && this.options.now() >= this.sliceEnd) {
        this.waiting = [...waiting.slice(i), ...this.waiting];
        return;
      }
      (waiting[i] as Reading).readOn();
    }
  };
}
