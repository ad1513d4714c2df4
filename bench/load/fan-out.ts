import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { spreadOf } from './latencies.ts';
import { countLines, eachLine } from './lines.ts';
import { numbered } from './loop.ts';
import type { FanOutPlan, LoadResult } from './plan.ts';
import { headersOf, requestOnce } from './session.ts';

/** Every so many watchers, one looks into its events for the delay; the others count theirs. */
const sampledEvery = 10;
const nameMark = Buffer.from('"name":"event-');
const drainMs = 20_000;

/** Delay is from sending the write until a watcher has the whole event, so the write itself is part of it; `afterAnswer` counts from its answer. */
export async function runFanOut(plan: FanOutPlan, sessions: readonly ClientHttp2Session[]): Promise<LoadResult> {
  const sentAt = new Map<number, number>();
  const answeredAt = new Map<number, number>();
  const delays: number[] = [];
  const afterAnswer: number[] = [];
  let events = 0;
  let lastEvent = 0;
  const streams = Array.from({ length: plan.watchers }, (_, i) => {
    const session = sessions[i % sessions.length] as ClientHttp2Session;
    const stream = session.request(
      headersOf(plan.target, {
        method: 'GET',
        path: `${plan.path}?watch=true&resourceVersion=${plan.resourceVersion}`,
      }),
    );
    stream.on('error', () => undefined);
    if (i % sampledEvery === 0) {
      eachLine(stream, (line) => {
        events += 1;
        lastEvent = performance.now();
        const number = numberIn(line);
        const sent = sentAt.get(number);
        if (sent === undefined) return;
        delays.push(lastEvent - sent);
        afterAnswer.push(lastEvent - (answeredAt.get(number) ?? lastEvent));
      });
    } else {
      countLines(stream, (lines) => {
        events += lines;
        lastEvent = performance.now();
      });
    }
    return stream;
  });
  await Promise.all(streams.map((stream) => once(stream, 'response')));
  const cpu = process.cpuUsage();
  const started = performance.now();
  const writes = await write(plan, sessions, { sentAt, answeredAt });
  const all = writes * plan.watchers;
  while (events < all && performance.now() - started < plan.ms + drainMs)
    await new Promise((resolve) => setTimeout(resolve, 2));
  const { user, system } = process.cpuUsage(cpu);
  for (const stream of streams) stream.close();
  if (events < all) throw new Error(`${events} of ${all} events arrived`);
  return {
    count: events,
    seconds: (lastEvent - started) / 1000,
    latency: spreadOf(delays),
    afterAnswer: spreadOf(afterAnswer),
    cpuMicros: user + system,
    writes,
  };
}

async function write(
  plan: FanOutPlan,
  sessions: readonly ClientHttp2Session[],
  { sentAt, answeredAt }: Record<'sentAt' | 'answeredAt', Map<number, number>>,
): Promise<number> {
  const bodyOf = numbered(plan.body);
  const started = performance.now();
  let next = 0;
  const writer = async (_: unknown, i: number): Promise<void> => {
    const session = sessions[i % sessions.length] as ClientHttp2Session;
    for (;;) {
      const turn = next;
      if (performance.now() - started >= plan.ms || (plan.pace > 0 && turn * 1000 >= plan.ms * plan.pace)) return;
      next += 1;
      if (plan.pace > 0) await until(started + (turn / plan.pace) * 1000);
      const number = plan.first + turn;
      sentAt.set(number, performance.now());
      const { status } = await requestOnce(session, plan.target, {
        method: 'POST',
        path: plan.path,
        body: bodyOf(number),
      });
      answeredAt.set(number, performance.now());
      if (status !== 201) throw new Error(`a write was answered with ${status}`);
    }
  };
  await Promise.all(Array.from({ length: plan.writers }, writer));
  return next;
}

async function until(time: number): Promise<void> {
  const wait = time - performance.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
}

function numberIn(line: Buffer): number {
  let at = line.indexOf(nameMark) + nameMark.length;
  let number = 0;
  for (let digit = line[at] ?? 0; digit >= 48 && digit <= 57; digit = line[++at] ?? 0)
    number = number * 10 + digit - 48;
  return number;
}
