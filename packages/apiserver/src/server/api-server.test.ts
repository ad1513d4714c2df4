import { beforeEach, describe, expect, it } from 'vitest';
import type { ApiResponse, ResponseSink } from '../endpoints/api-response.ts';
import type { AuthorizedContext, IncomingRequest } from '../endpoints/request-context.ts';
import { ApiServer, type FinishedRequest } from './api-server.ts';
import type { DeadlineClock } from './request-deadlines.ts';

/** Time that passes when it is told to. */
class ManualClock implements DeadlineClock {
  readonly timers = new Set<() => void>();
  private time = 0;

  now(): number {
    return this.time;
  }

  every(_ms: number, callback: () => void): () => void {
    this.timers.add(callback);
    return () => this.timers.delete(callback);
  }

  async pass(ms: number): Promise<void> {
    this.time += ms;
    for (const timer of this.timers) timer();
    await this.rest();
  }

  /** Until what promises bring about has happened. */
  async rest(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const requestTimeoutMs = 60_000;
let clock: ManualClock;
let finished: FinishedRequest[];
/** What ends the work of each request, in the order of arrival. */
let works: { resolve(response: ApiResponse): void; reject(error: Error): void }[];
let server: ApiServer;

beforeEach(() => {
  clock = new ManualClock();
  finished = [];
  works = [];
  server = new ApiServer({
    chain: {
      async run(request, reached) {
        const verb = request.query.get('watch') === 'true' ? 'watch' : 'get';
        const context = Object.assign(request, { info: { verb } }) as unknown as AuthorizedContext;
        reached(context);
        return context;
      },
    },
    dispatch: () => new Promise((resolve, reject) => works.push({ resolve, reject })),
    finished: (request) => finished.push(request),
    requestTimeoutMs,
    clock,
  });
});

interface Sent {
  answer: ApiResponse | undefined;
  /** How often what the request holds was given back. */
  releases: number;
  gaveUp: Error[];
}

async function send(query = ''): Promise<Sent> {
  const sent: Sent = { answer: undefined, releases: 0, gaveUp: [] };
  const request: IncomingRequest = {
    method: 'GET',
    path: '/',
    query: new URLSearchParams(query),
    headers: {},
    body: async () => new Uint8Array(0),
    signal: new AbortController().signal,
    aborted: false,
    auditId: 'one',
    warnings: [],
    onFinish: [() => (sent.releases += 1)],
    auditAnnotations: {},
    giveUp: (error) => sent.gaveUp.push(error),
  };
  void server.handle(request).then((answer) => {
    sent.answer = answer;
  });
  await clock.rest();
  return sent;
}

function bodyOf({ answer }: Sent): Record<string, unknown> {
  return answer?.kind === 'complete' ? JSON.parse(String(answer.body)) : {};
}

const done: ApiResponse = { kind: 'complete', status: 200, headers: {}, body: '{}' };

describe('a request that takes too long', () => {
  it('is answered with 504 after the usual time, and gives back what it holds when its work has ended', async () => {
    const sent = await send();
    await clock.pass(requestTimeoutMs - 1);
    expect(sent.answer).toBeUndefined();
    await clock.pass(1);
    expect(sent.answer?.status).toBe(504);
    expect(bodyOf(sent)).toMatchObject({
      status: 'Failure',
      code: 504,
      reason: 'Timeout',
      message: 'Timeout: request did not complete within the allotted timeout',
    });
    expect(sent.answer?.headers['audit-id']).toBe('one');
    expect(sent.gaveUp).toHaveLength(1);
    expect(sent.releases).toBe(0);
    works[0]?.resolve(done);
    await clock.rest();
    expect(sent.releases).toBe(1);
    expect(sent.answer?.status).toBe(504);
    expect(finished.map(({ status }) => status)).toEqual([504]);
  });

  it('whose work fails afterwards is answered once', async () => {
    const sent = await send();
    await clock.pass(requestTimeoutMs);
    works[0]?.reject(new Error('the store is gone'));
    await clock.rest();
    expect(sent.releases).toBe(1);
    expect(finished.map(({ status }) => status)).toEqual([504]);
  });

  it('whose work becomes a stream afterwards tells the stream that nobody reads it', async () => {
    const sent = await send();
    await clock.pass(requestTimeoutMs);
    let closed = false;
    const start = (sink: ResponseSink): void => sink.onClose(() => (closed = true));
    works[0]?.resolve({ kind: 'stream', status: 200, headers: {}, start });
    await clock.rest();
    expect(closed).toBe(true);
    expect(sent.releases).toBe(1);
  });
});

describe('?timeout=', () => {
  it('ends a request sooner, whatever runs beside it', async () => {
    const usual = await send();
    const sooner = await send('timeout=1.5s');
    const usualToo = await send('timeout=0');
    await clock.pass(1499);
    expect(sooner.answer).toBeUndefined();
    await clock.pass(1);
    expect([usual.answer, usualToo.answer]).toEqual([undefined, undefined]);
    expect(sooner.answer?.status).toBe(504);
  });

  it('cannot make a request last longer', async () => {
    const sent = await send('timeout=1h');
    await clock.pass(requestTimeoutMs);
    expect(sent.answer?.status).toBe(504);
  });

  it('must be a duration', async () => {
    const sent = await send('timeout=soon');
    expect(sent.answer?.status).toBe(400);
    expect(bodyOf(sent).message).toBe('invalid timeout specified in the request URL');
    expect([sent.releases, works.length]).toEqual([1, 0]);
  });

  it('does not end a watch, and neither does the usual time', async () => {
    const watch = await send('watch=true&timeout=1s');
    const other = await send();
    await clock.pass(requestTimeoutMs);
    expect(watch.answer).toBeUndefined();
    expect(other.answer?.status).toBe(504);
  });
});

it('No timer runs while there is no request', async () => {
  const sent = await send();
  expect(clock.timers.size).toBe(1);
  works[0]?.resolve(done);
  await clock.rest();
  expect(sent.answer).toBe(done);
  await clock.pass(100);
  expect(clock.timers.size).toBe(0);
});
