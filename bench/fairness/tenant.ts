// A process that is one tenant: closed loops over many connections, told to start and to stop by its parent.
import { setPriority } from 'node:os';
import { type PreparedRequest, prepare, RawConnection } from '../load/raw-connection.ts';

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
  /** Processor time of this process, microseconds. */
  cpuMicros: number;
}

async function run(plan: TenantPlan): Promise<TenantResult> {
  setPriority(plan.niceness);
  const connections: RawConnection[] = [];
  while (connections.length < plan.connections) {
    const missing = Math.min(50, plan.connections - connections.length);
    connections.push(...(await Promise.all(Array.from({ length: missing }, () => RawConnection.open(plan)))));
  }
  const result: TenantResult = { served: 0, refused: 0, failed: 0, latencies: [], cpuMicros: 0 };
  const before = process.cpuUsage();
  const end = performance.now() + plan.ms;
  const next = requests(plan);
  const loops = Array.from({ length: plan.concurrency }, (_, i) =>
    loop(plan, connections[i % connections.length] as RawConnection, { next, end, result }),
  );
  await Promise.all(loops);
  const { user, system } = process.cpuUsage(before);
  result.cpuMicros = user + system;
  for (const connection of connections) connection.destroy();
  return result;
}

/** The plan's requests in turn, made ready before unless each is another one. */
function requests({ tokens, paths, method, body }: TenantPlan): () => PreparedRequest {
  let sent = 0;
  if (body !== undefined || paths.some((path) => path.includes('#'))) {
    return () => {
      const id = `${process.pid}-${sent}`;
      const [token, path] = [tokens[sent % tokens.length] as string, paths[sent % paths.length] as string];
      sent += 1;
      return prepare({ token }, method, path.replace('#', id), body?.replace('#', id));
    };
  }
  const count = Math.max(tokens.length, paths.length);
  const ready = Array.from({ length: count }, (_, i) =>
    prepare({ token: tokens[i % tokens.length] as string }, method, paths[i % paths.length] as string),
  );
  return () => {
    sent += 1;
    return ready[sent % ready.length] as PreparedRequest;
  };
}

function loop(
  { retryMs }: TenantPlan,
  connection: RawConnection,
  { next, end, result }: { next(): PreparedRequest; end: number; result: TenantResult },
): Promise<void> {
  return new Promise((resolve) => {
    let started = 0;
    const again = (): void => {
      started = performance.now();
      if (started >= end) resolve();
      else connection.send(next(), answered);
    };
    const answered = (status: number): void => {
      if (status >= 200 && status < 300) {
        result.served += 1;
        result.latencies.push(performance.now() - started);
        again();
        return;
      }
      if (status === 429) result.refused += 1;
      else result.failed += 1;
      setTimeout(again, retryMs);
    };
    again();
  });
}

process.on('message', (plan: TenantPlan) => {
  run(plan).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
