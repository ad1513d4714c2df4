import { badRequest, parseDuration } from '@canopy/apimachinery';
import { type Linked, LinkedList } from './linked-list.ts';

/** What has to be over at a time. */
export interface Expiring extends Linked<Expiring> {
  /** Milliseconds of the clock. */
  readonly endsAt: number;
  /** Once, unless it was removed before. */
  expire(): void;
}

/** The event loop's clock and timer. */
export interface DeadlineClock {
  now(): number;
  /** Again and again until the answer is called. */
  every(ms: number, callback: () => void): () => void;
}

export interface DeadlineOptions {
  /** Of requests that ask for nothing else, and the most that one may ask for; milliseconds. */
  timeoutMs: number;
  clock: DeadlineClock;
}

/** How late the end of a request may be noticed, in milliseconds. */
const sweepMs = 100;

/** The requests in work, each with the time at which it ends: one timer for all, that looks at them one by one. */
export class RequestDeadlines {
  private readonly options: DeadlineOptions;
  private readonly requests = new LinkedList<Expiring>();
  private stopSweeping: (() => void) | undefined;

  constructor(options: DeadlineOptions) {
    this.options = options;
  }

  /** Number of requests that are in work and have not run out of time. */
  get size(): number {
    return this.requests.size;
  }

  /**
   * When a request that came at `started` ends. `?timeout=` is a Go duration, as in Kubernetes; more than the usual time,
   * or none, is the usual time. 400 for what is no duration.
   */
  endOf(query: URLSearchParams, started: number): number {
    const text = query.size === 0 ? null : query.get('timeout');
    const { timeoutMs } = this.options;
    if (text === null || text === '' || isWatch(query)) return started + timeoutMs;
    const asked = parseDuration(text);
    if (asked === undefined) throw badRequest('invalid timeout specified in the request URL');
    return started + (asked === 0n ? timeoutMs : Math.min(timeoutMs, Number(asked) / 1e6));
  }

  add(request: Expiring): void {
    this.requests.add(request);
    this.stopSweeping ??= this.options.clock.every(sweepMs, this.sweep);
  }

  remove(request: Expiring): void {
    this.requests.delete(request);
  }

  private readonly sweep = (): void => {
    const now = this.options.clock.now();
    for (let request = this.requests.first; request !== undefined; ) {
      const { after } = request;
      if (request.endsAt <= now) {
        this.requests.delete(request);
        request.expire();
      }
      request = after;
    }
    if (this.size > 0) return;
    this.stopSweeping?.();
    this.stopSweeping = undefined;
  };
}

function isWatch(query: URLSearchParams): boolean {
  const value = query.get('watch');
  return value === 'true' || value === '1';
}
