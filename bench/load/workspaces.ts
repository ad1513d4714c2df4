import { workspacesPath } from '../server/canopy-process.ts';
import { ask } from './ask.ts';
import { spreadOf } from './latencies.ts';
import { lineReader } from './lines.ts';
import type { LoadResult, Started, WorkspacePlan } from './plan.ts';
import type { RawConnection } from './raw-connection.ts';
import { prepare } from './request-block.ts';

interface WorkspaceEvent {
  type: string;
  object: { metadata: { name?: string; resourceVersion?: string }; status?: { phase?: string } };
}

/**
 * Creates workspaces and measures, from sending the POST on, until a GET shows the phase Ready, or an event of a watch
 * on the parent does: whichever comes first. The answer to the POST itself is not believed.
 */
export async function runWorkspaces(
  plan: WorkspacePlan,
  connections: readonly RawConnection[],
  started: Started,
): Promise<LoadResult> {
  const { target } = plan;
  const watching = connections[0] as RawConnection;
  const collection = `/clusters/${plan.parent}${workspacesPath}`;
  const ready = new Map<string, () => void>();
  const list = await ask(watching, prepare(target, 'GET', `${collection}?limit=1`));
  const from = (JSON.parse(list.body.toString()) as WorkspaceEvent['object']).metadata.resourceVersion;
  watching.send(prepare(target, 'GET', `${collection}?watch=true&resourceVersion=${from}`), () => undefined, {
    data: lineReader((line) => {
      const { object } = JSON.parse(line.toString()) as WorkspaceEvent;
      if (object.status?.phase === 'Ready') ready.get(object.metadata.name ?? '')?.();
    }),
  });
  const latencies: number[] = [];
  let next = 0;
  await started();
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const worker = async (_: unknown, i: number): Promise<void> => {
    const connection = connections[i % connections.length] as RawConnection;
    while (next < plan.count && performance.now() - begun < plan.ms) {
      const name = `${plan.prefix}-${next++}`;
      const sent = performance.now();
      const seen = new Promise<void>((resolve) => ready.set(name, resolve));
      const body = JSON.stringify({
        apiVersion: 'tenancy.kcp.io/v1alpha1',
        kind: 'Workspace',
        metadata: { name },
        spec: { type: { name: 'universal', path: 'root' } },
      });
      const { status, body: answer } = await ask(connection, prepare(target, 'POST', collection, body));
      if (status !== 201) throw new Error(`creating ${name} was answered with ${status}: ${answer.toString()}`);
      await Promise.race([
        seen,
        isReady(connection, plan, `${collection}/${name}`).then((yes) => (yes ? undefined : seen)),
      ]);
      ready.delete(name);
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: plan.concurrency }, worker));
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { count: latencies.length, seconds, latency: spreadOf(latencies), cpuMicros: user + system };
}

async function isReady(connection: RawConnection, { target }: WorkspacePlan, path: string): Promise<boolean> {
  const { body } = await ask(connection, prepare(target, 'GET', path));
  return (JSON.parse(body.toString()) as WorkspaceEvent['object']).status?.phase === 'Ready';
}
