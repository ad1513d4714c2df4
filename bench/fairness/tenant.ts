// A process that is one tenant: closed loops over many connections, told to start and to stop by its parent.
import type { ClientHttp2Session } from 'node:http2';
import { setPriority } from 'node:os';
import { connectSession, headersOf } from '../load/session.ts';
import type { Target } from '../server/canopy-process.ts';

/** Closed loops; `#` in the path and `tokens` are taken in turn. A refused request is sent again after `retryMs`. */
export interface TenantPlan {
  url: string;
  ca: string;
  tokens: string[];
  paths: string[];
  method: string;
  body?: string;
  connections: number;
  concurrency: number;
  retryMs: number;
  ms: number;
  /** Of the process; a flood must not take the processor from the server. */
  niceness: number;
}

export interface TenantResult {
  served: number;
  refused: number;
  failed: number;
  /** Of what was served, milliseconds. */
  latencies: number[];
}

async function run(plan: TenantPlan): Promise<TenantResult> {
  setPriority(plan.niceness);
  const sessions: ClientHttp2Session[] = [];
  while (sessions.length < plan.connections) {
    const missing = Math.min(50, plan.connections - sessions.length);
    sessions.push(...(await Promise.all(Array.from({ length: missing }, () => connectSession(plan)))));
  }
  const result: TenantResult = { served: 0, refused: 0, failed: 0, latencies: [] };
  const end = performance.now() + plan.ms;
  const loops = Array.from({ length: plan.concurrency }, (_, i) =>
    loop(plan, sessions[i % sessions.length] as ClientHttp2Session, { number: i, end, result }),
  );
  await Promise.all(loops);
  for (const session of sessions) session.destroy();
  return result;
}

let sent = 0;

async function loop(
  plan: TenantPlan,
  session: ClientHttp2Session,
  { number, end, result }: { number: number; end: number; result: TenantResult },
): Promise<void> {
  for (let turn = number; performance.now() < end; turn++) {
    sent += 1;
    const token = plan.tokens[turn % plan.tokens.length] as string;
    const path = (plan.paths[turn % plan.paths.length] as string).replace('#', `${process.pid}-${sent}`);
    const body = plan.body?.replace('#', `${process.pid}-${sent}`);
    const target: Target = { url: plan.url, ca: plan.ca, token };
    const started = performance.now();
    const status = await send(
      session,
      headersOf(target, { method: plan.method, path, ...(body ? { body } : {}) }),
      body,
    );
    if (status >= 200 && status < 300) {
      result.served += 1;
      result.latencies.push(performance.now() - started);
    } else if (status === 429) {
      result.refused += 1;
      await new Promise((resolve) => setTimeout(resolve, plan.retryMs));
    } else result.failed += 1;
  }
}

/** Status of the answer once it is complete; 0 when the stream failed. */
function send(
  session: ClientHttp2Session,
  headers: ReturnType<typeof headersOf>,
  body: string | undefined,
): Promise<number> {
  return new Promise((resolve) => {
    const stream = session.request(headers, { endStream: body === undefined });
    let status = 0;
    stream.on('response', (answer) => {
      status = Number(answer[':status']);
    });
    stream.on('end', () => resolve(status));
    stream.on('error', () => resolve(0));
    stream.resume();
    if (body !== undefined) stream.end(body);
  });
}

process.on('message', (plan: TenantPlan) => {
  run(plan).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
