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
}

interface Waiter extends Place {
  flow: Flow;
  seats: number;
  deadline: number;
  request: Waiting;
  start(): void;
  refuse(error: Error): void;
}

const sweepMs = 250;
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
 * A full line turns away whoever would have been served last.
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
    return new Promise((start, refuse) => {
      const { ledger } = this;
      const tag = Math.max(this.virtualTime, ledger.servedUntil(flow.user), ledger.servedUntil(flow.cluster));
      const deadline = this.loop.now() + this.limits.waitMs;
      this.order += 1;
      const waiter: Waiter = { tag, order: this.order, flow, seats, deadline, request, start, refuse };
      const turnedAway = this.line.add(waiter);
      turnedAway?.refuse(overloaded());
      if (turnedAway === waiter) return;
      const until = tag + seats / flow.weight;
      ledger.serveUntil(flow.user, until);
      ledger.serveUntil(flow.cluster, until);
      this.stopSweeping ??= this.loop.every(sweepMs, this.sweep);
      this.askForTurn();
    });
  }

  release(seats: number): void {
    this.used -= seats;
    if (this.line.size > 0) this.askForTurn();
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
      next.refuse(overloaded());
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
      waiter.refuse(overloaded());
    }
    if (this.line.size > 0) {
      this.askForTurn();
      return;
    }
    this.stopSweeping?.();
    this.stopSweeping = undefined;
  };
}

function overloaded(): Error {
  return tooManyRequests('too many requests, please try again later', retryAfterSeconds);
}
