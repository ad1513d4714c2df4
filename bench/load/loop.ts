import { checkBody } from './check.ts';
import { spreadOf } from './latencies.ts';
import { numbered } from './numbered.ts';
import type { LoadResult, LoopPlan, Started } from './plan.ts';
import type { AnswerListener, RawConnection } from './raw-connection.ts';
import { type PreparedRequest, prepareRequest } from './request-block.ts';

/** Of so many answers, one is read and checked; of the others, status and length are looked at. */
const checkedEvery = 50;
/** Between a refusal and the next request of its loop. */
const pauseMs = 10;
const mostRefusals = 1000;

/**
 * Runs the loops over the given connections, evenly. Rejects for a body that is not what was asked for, for an answer with
 * another status than expected where these are not counted, and when there is nothing but such answers.
 */
export async function runLoop(
  plan: LoopPlan,
  connections: readonly RawConnection[],
  started: Started,
): Promise<LoadResult> {
  const loops = new Loops(plan);
  if (plan.warmMs !== undefined) await loops.run(connections, plan.warmMs, plan.count / 2);
  await started();
  return loops.run(connections, plan.ms, plan.count);
}

class Loops {
  private readonly plan: LoopPlan;
  private readonly request: (number: number, running: number) => PreparedRequest;
  private latencies: number[] = [];
  private refusals: Record<number, number> = {};
  private refused = 0;
  private bytes = 0;
  private next = 0;
  private running = 0;
  private end = 0;
  private last = 0;
  private done: { resolve(): void; reject(error: Error): void } | undefined;

  constructor(plan: LoopPlan) {
    this.plan = plan;
    this.request = requestsOf(plan);
  }

  /** For so long, or until `count` numbers were used in all: goes on with those that follow. */
  async run(connections: readonly RawConnection[], ms: number, count: number): Promise<LoadResult> {
    this.latencies = [];
    this.refusals = {};
    this.refused = 0;
    this.bytes = 0;
    const cpu = process.cpuUsage();
    const startedAt = performance.now();
    this.end = startedAt + ms;
    this.last = this.plan.wrap === true ? Number.POSITIVE_INFINITY : count;
    await new Promise<void>((resolve, reject) => {
      this.done = { resolve, reject };
      this.running = this.plan.concurrency;
      for (let i = 0; i < this.plan.concurrency; i++) this.step(connections[i % connections.length] as RawConnection);
    });
    const { user, system } = process.cpuUsage(cpu);
    return {
      count: this.latencies.length,
      seconds: (performance.now() - startedAt) / 1000,
      latency: spreadOf(this.latencies),
      cpuMicros: user + system,
      used: this.next,
      bytes: this.bytes,
      refusals: this.refusals,
    };
  }

  private step(connection: RawConnection): void {
    const { plan } = this;
    const sent = performance.now();
    if (this.next >= this.last || sent >= this.end) {
      this.running -= 1;
      if (this.running === 0) this.done?.resolve();
      return;
    }
    const running = plan.first + this.next;
    const number = plan.first + (this.next % plan.count);
    const collected: Buffer[] | undefined = plan.check !== undefined && this.next % checkedEvery === 0 ? [] : undefined;
    this.next += 1;
    const listener: AnswerListener | undefined =
      collected === undefined ? undefined : { data: (chunk) => collected.push(Buffer.from(chunk)) };
    connection.send(
      this.request(number, running),
      (status, bytes) => {
        if (status !== plan.status) {
          this.refuse(status, connection);
          return;
        }
        this.latencies.push(performance.now() - sent);
        this.bytes += bytes;
        if (collected !== undefined && !this.check(Buffer.concat(collected), number)) return;
        this.step(connection);
      },
      listener,
    );
  }

  private check(body: Buffer, number: number): boolean {
    try {
      if (this.plan.check !== undefined) checkBody(body, this.plan.check, number);
      return true;
    } catch (error) {
      this.done?.reject(error as Error);
      return false;
    }
  }

  private refuse(status: number, connection: RawConnection): void {
    this.refusals[status] = (this.refusals[status] ?? 0) + 1;
    this.refused += 1;
    const { method, path, countRefusals } = this.plan;
    if (countRefusals !== true || (this.latencies.length === 0 && this.refused >= mostRefusals))
      this.done?.reject(new Error(`${method} ${path} was answered with ${status}`));
    else setTimeout(() => this.step(connection), pauseMs);
  }
}

/** Those that are all the same are made once. */
function requestsOf({
  target,
  method,
  path,
  body,
  contentType,
}: LoopPlan): (number: number, running: number) => PreparedRequest {
  const makePath = numbered(path);
  const makeBody = body === undefined ? undefined : numbered(body);
  const make = (number: number, running: number): PreparedRequest =>
    prepareRequest(target, {
      method,
      path: makePath(number),
      ...(makeBody === undefined ? {} : { body: makeBody(running) }),
      ...(contentType === undefined ? {} : { contentType }),
    });
  if (path.includes('#') || body?.includes('#') === true) return make;
  const only = make(0, 0);
  return () => only;
}
