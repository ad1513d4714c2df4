import { ask } from './ask.ts';
import { spreadOf } from './latencies.ts';
import { lineCounter, lineReader } from './lines.ts';
import { numbered } from './numbered.ts';
import type { FanOutPlan, LoadResult, Started } from './plan.ts';
import type { RawConnection } from './raw-connection.ts';
import { prepare } from './request-block.ts';

/** Every so many watchers, one looks into its events for the delay; the others count theirs. */
const sampledEvery = 10;
const nameMark = Buffer.from('"name":"event-');
const drainMs = 20_000;

/** Delay is from sending the write until a watcher has the whole event, so the write itself is part of it; `afterAnswer` counts from its answer. */
export async function runFanOut(
  plan: FanOutPlan,
  connections: readonly RawConnection[],
  started: Started,
): Promise<LoadResult> {
  const sentAt = new Map<number, number>();
  const answeredAt = new Map<number, number>();
  const delays: number[] = [];
  const afterAnswer: number[] = [];
  let events = 0;
  let lastEvent = 0;
  const look = (line: Buffer): void => {
    events += 1;
    lastEvent = performance.now();
    const number = numberIn(line);
    const sent = sentAt.get(number);
    if (sent === undefined) return;
    delays.push(lastEvent - sent);
    afterAnswer.push(lastEvent - (answeredAt.get(number) ?? lastEvent));
  };
  const count = (lines: number): void => {
    events += lines;
    lastEvent = performance.now();
  };
  await openWatches(plan, connections, (i) => (i % sampledEvery === 0 ? lineReader(look) : lineCounter(count)));
  await started();
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const writes = await write(plan, connections, { sentAt, answeredAt });
  const all = writes * plan.watchers;
  while (events < all && performance.now() - begun < plan.ms + drainMs)
    await new Promise((resolve) => setTimeout(resolve, 2));
  const { user, system } = process.cpuUsage(cpu);
  if (events < all) throw new Error(`${events} of ${all} events arrived`);
  return {
    count: events,
    seconds: (lastEvent - begun) / 1000,
    latency: spreadOf(delays),
    afterAnswer: spreadOf(afterAnswer),
    cpuMicros: user + system,
    writes,
  };
}

/** Resolves when all of them have their headers. */
async function openWatches(
  plan: FanOutPlan,
  connections: readonly RawConnection[],
  readerOf: (watcher: number) => (chunk: Buffer) => void,
): Promise<void> {
  const request = prepare(plan.target, 'GET', `${plan.path}?watch=true&resourceVersion=${plan.resourceVersion}`);
  const opened = Array.from({ length: plan.watchers }, (_, i) => {
    const connection = connections[i % connections.length] as RawConnection;
    return new Promise<void>((resolve, reject) => {
      const failed = (status: number): void => reject(new Error(`a watch ended with ${status}`));
      connection.send(request, failed, {
        head: (status) => (status === 200 ? resolve() : failed(status)),
        data: readerOf(i),
      });
    });
  });
  await Promise.all(opened);
}

async function write(
  plan: FanOutPlan,
  connections: readonly RawConnection[],
  { sentAt, answeredAt }: Record<'sentAt' | 'answeredAt', Map<number, number>>,
): Promise<number> {
  const bodyOf = numbered(plan.body);
  const started = performance.now();
  let next = 0;
  const writer = async (_: unknown, i: number): Promise<void> => {
    const connection = connections[i % connections.length] as RawConnection;
    for (;;) {
      const turn = next;
      if (performance.now() - started >= plan.ms || (plan.pace > 0 && turn * 1000 >= plan.ms * plan.pace)) return;
      next += 1;
      if (plan.pace > 0) await until(started + (turn / plan.pace) * 1000);
      const number = plan.first + turn;
      sentAt.set(number, performance.now());
      const { status } = await ask(connection, prepare(plan.target, 'POST', plan.path, bodyOf(number)));
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
