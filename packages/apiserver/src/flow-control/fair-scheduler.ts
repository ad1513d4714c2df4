import { tooManyRequests } from '@canopy/apimachinery';
import type { EventLoop } from './event-loop.ts';
import { ServiceLedger } from './service-ledger.ts';
import { type Place, WaitingLine } from './waiting-line.ts';

export interface FlowLimits {
  /** Seats of all requests in work; most take one, heavy lists more. */
  seats: number;
  /** Requests that start at once in one turn of the event loop; those after them queue. */
  startsPerTurn: number;
  /** For how long queued requests are started before the sockets are looked at again, in milliseconds. */
  sliceMs: number;
  /** Requests that wait. */
  queued: number;
  /** Longest wait, in milliseconds. */
  waitMs: number;
}

/** Whom a request is charged to. Both hashes are charged in full: a tenant cannot gain by many users or workspaces. */
export interface Flow {
  user: number;
  cluster: number;
  /** Share beside flows of weight 1. */
  weight: number;
}

/** A request that waits. */
export interface Waiting {
  /** Nobody wants its answer any more. */
  readonly aborted: boolean;
  /** Said when it begins and when it ends to wait for others; while many requests of a connection do, nothing more is read of it. */
  waits?(yes: boolean): void;
}

interface Waiter extends Place {
  flow: Flow;
  seats: number;
  deadline: number;
  request: Waiting;
  /** Whether its connection counts it as waiting. */
  isCounted: boolean;
  start(): void;
  reject(error: Error): void;
}

const sweepMs = 100;
/**
 * When no seat was given back for so long, those who wait do not wait for one another but for something else, such as a disk, in milliseconds.
 */
const standstillMs = 100;
/** What a request may keep the thread busy for each of its seats before its flow is charged for more, in milliseconds. */
const msPerSeat = 0.1;
/** From here on it matters whether the thread was busy or had no processor, in milliseconds. */
const longMs = 0.5;
/** Those who wait are put back for so many seats, or more, that one of their own has taken beyond its own. */
const debtThatMatters = 0.5;
const retryAfterSeconds = 1;

/**
 * Start-time fair queueing (Goyal, Vin, Cheng 1996) before one thread. While nothing waits, a request costs two counters.
 * In a crowd each request gets a tag: the virtual time at which its user and its cluster have had their share, and the
 * lowest tag starts next. Work is bounded twice: by seats, for requests that wait for the store, and by time, for
 * those that keep the thread busy: after a slice the sockets are read, so that a newcomer waits for one slice. A request
 * that has kept the thread busy for longer than its seats stand for is charged for that too, once it is known, and those of
 * its user and its cluster that wait come so much later: else a queue of requests that look light would be served like one.
 * A full line turns away whoever would have been served last. Connections hear of their requests that wait, and read no more for them, unless
 * the line stands still: then what is behind them may be something that does not wait for the same.
 */
export class FairScheduler {
  private readonly limits: FlowLimits;
  private readonly loop: EventLoop;
  private readonly afterSlice: () => void;
  private readonly ledger = new ServiceLedger();
  private readonly line: WaitingLine<Waiter>;
  private virtualTime = 0;
  private used = 0;
  private started = 0;
  private order = 0;
  /** When the line last began, or a seat was given back while it was there. */
  private movedAt = 0;
  private turnAsked = false;
  private inSlice = false;
  private sliceEnd = 0;
  /** Whom the time that passes in a slice is charged to, and since when. */
  private running: Waiter | undefined;
  private runningSince = 0;
  /** Processor time of the thread when it was last asked for. */
  private busySince = 0;
  private stopSweeping: (() => void) | undefined;
  /** Gives back one seat. One function for all requests: the usual way of a request makes nothing. */
  readonly leave = (): void => this.release(1);

  /** `afterSlice` is called when queued requests have been started, in the same turn. */
  constructor(limits: FlowLimits, loop: EventLoop, afterSlice: () => void = () => undefined) {
    this.limits = limits;
    this.loop = loop;
    this.afterSlice = afterSlice;
    this.line = new WaitingLine(limits.queued);
  }

  get seatsInUse(): number {
    return this.used;
  }

  get waiting(): number {
    return this.line.size;
  }

  /**
   * Takes the seats if nobody waits and there is room; whoever gets true calls {@link release} once. What needs more
   * than one seat is heavy: one of these starts in a turn.
   */
  tryEnter(seats: number): boolean {
    const most = seats === 1 ? this.limits.startsPerTurn : 1;
    if (this.line.size > 0 || this.started >= most || this.used + seats > this.limits.seats) return false;
    this.take(seats);
    this.askForTurn();
    return true;
  }

  /** Waits for the turn of `flow`; then the seats are taken. Rejects with 429 when there is no room or it takes too long. */
  enter(flow: Flow, seats: number, request: Waiting): Promise<void> {
    return new Promise((start, reject) => {
      const { ledger } = this;
      const tag = Math.max(this.virtualTime, ledger.servedUntil(flow.user), ledger.servedUntil(flow.cluster));
      const now = this.loop.now();
      if (this.line.size === 0) this.movedAt = now;
      const deadline = now + this.limits.waitMs;
      this.order += 1;
      const waiter: Waiter = {
        tag,
        order: this.order,
        flow,
        seats,
        deadline,
        request,
        isCounted: false,
        start,
        reject,
      };
      const turnedAway = this.line.add(waiter);
      if (turnedAway !== undefined) refuse(turnedAway);
      if (turnedAway === waiter) return;
      if (!this.standsStill(now)) count(waiter, true);
      const until = tag + seats / flow.weight;
      ledger.serveUntil(flow.user, until);
      ledger.serveUntil(flow.cluster, until);
      this.stopSweeping ??= this.loop.every(sweepMs, this.sweep);
      this.askForTurn();
    });
  }

  release(seats: number): void {
    this.used -= seats;
    if (this.line.size === 0) return;
    this.movedAt = this.loop.now();
    this.askForTurn();
  }

  private standsStill(now: number): boolean {
    return this.used > 0 && now - this.movedAt >= standstillMs;
  }

  private take(seats: number): void {
    this.used += seats;
    this.started += 1;
  }

  private askForTurn(): void {
    if (this.turnAsked || this.inSlice) return;
    this.turnAsked = true;
    this.loop.afterInput(this.turn);
  }

  private readonly turn = (): void => {
    this.turnAsked = false;
    this.started = 0;
    if (this.line.size === 0) return;
    this.sliceEnd = this.loop.now() + this.limits.sliceMs;
    this.inSlice = true;
    this.busySince = this.loop.busy();
    this.startNext();
  };

  private readonly startNext = (): void => {
    const now = this.loop.now();
    this.chargeTime(now);
    let next = this.line.next();
    while (next?.request.aborted === true) {
      this.line.take();
      refuse(next);
      next = this.line.next();
    }
    const free = this.limits.seats - this.used;
    if (next === undefined || next.seats > free) {
      this.endSlice();
      return;
    }
    if (this.started > 0 && now >= this.sliceEnd) {
      this.endSlice();
      this.askForTurn();
      return;
    }
    this.line.take();
    count(next, false);
    this.virtualTime = Math.max(this.virtualTime, next.tag);
    this.take(next.seats);
    this.running = next;
    this.runningSince = now;
    next.start();
    this.loop.afterReady(this.startNext);
  };

  private endSlice(): void {
    this.inSlice = false;
    if (this.started > 0) this.afterSlice();
  }

  private chargeTime(now: number): void {
    const { running, ledger } = this;
    if (running === undefined) return;
    this.running = undefined;
    const more = this.timeOf(now - this.runningSince) / msPerSeat - running.seats;
    if (more <= 0) return;
    const { user, cluster, weight } = running.flow;
    const since = this.virtualTime;
    ledger.serveUntil(user, Math.max(since, ledger.servedUntil(user)) + more / weight);
    ledger.serveUntil(cluster, Math.max(since, ledger.servedUntil(cluster)) + more / weight);
    if (more < debtThatMatters) return;
    this.line.delay(({ flow }) => (flow.user === user || flow.cluster === cluster ? more / flow.weight : 0));
  }

  /** A long time may be that of others on the machine: then no more counts than the thread was busy for. */
  private timeOf(passed: number): number {
    if (passed < longMs) return passed;
    const since = this.busySince;
    this.busySince = this.loop.busy();
    return Math.min(passed, this.busySince - since);
  }

  private readonly sweep = (): void => {
    const now = this.loop.now();
    for (const waiter of this.line.remove(({ deadline, request }) => deadline <= now || request.aborted)) {
      refuse(waiter);
    }
    if (this.line.size > 0) {
      if (this.standsStill(now)) for (const waiter of this.line.all()) count(waiter, false);
      this.askForTurn();
      return;
    }
    this.stopSweeping?.();
    this.stopSweeping = undefined;
  };
}

function refuse(waiter: Waiter): void {
  count(waiter, false);
  waiter.reject(tooManyRequests('too many requests, please try again later', retryAfterSeconds));
}

function count(waiter: Waiter, yes: boolean): void {
  if (waiter.isCounted === yes) return;
  waiter.isCounted = yes;
  waiter.request.waits?.(yes);
}
