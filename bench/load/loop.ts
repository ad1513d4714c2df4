import type { ClientHttp2Session } from 'node:http2';
import { spreadOf } from './latencies.ts';
import type { LoadResult, LoopPlan } from './plan.ts';
import { headersOf } from './session.ts';

/** Runs the loops over the given sessions, evenly. Rejects on the first answer with another status than expected. */
export function runLoop(plan: LoopPlan, sessions: readonly ClientHttp2Session[]): Promise<LoadResult> {
  const { target, method, contentType, concurrency, count, first } = plan;
  const makePath = numbered(plan.path);
  const makeBody = plan.body === undefined ? undefined : numbered(plan.body);
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const started = performance.now();
  const deadline = started + plan.ms;
  return new Promise((resolve, reject) => {
    let next = 0;
    let running = concurrency;
    const done = (): void => {
      running -= 1;
      if (running > 0) return;
      const { user, system } = process.cpuUsage(cpu);
      resolve({
        count: latencies.length,
        seconds: (performance.now() - started) / 1000,
        latency: spreadOf(latencies),
        cpuMicros: user + system,
      });
    };
    const send = (session: ClientHttp2Session): void => {
      const sent = performance.now();
      if ((plan.wrap !== true && next >= count) || sent >= deadline) {
        done();
        return;
      }
      const number = first + (next++ % count);
      const body = makeBody?.(number);
      const headers = headersOf(target, {
        method,
        path: makePath(number),
        ...(body === undefined ? {} : { body }),
        ...(contentType === undefined ? {} : { contentType }),
      });
      const stream = session.request(headers, { endStream: body === undefined });
      stream.on('response', (answer) => {
        if (Number(answer[':status']) !== plan.status)
          reject(new Error(`${method} ${headers[':path']} was answered with ${answer[':status']}`));
      });
      stream.on('end', () => {
        latencies.push(performance.now() - sent);
        send(session);
      });
      stream.on('error', reject);
      stream.resume();
      if (body !== undefined) stream.end(body);
    };
    for (let i = 0; i < concurrency; i++) send(sessions[i % sessions.length] as ClientHttp2Session);
  });
}

/** Replaces every `#`. */
export function numbered(template: string): (number: number) => string {
  const parts = template.split('#');
  return parts.length === 1 ? () => template : (number) => parts.join(String(number));
}
