import type { ClientHttp2Session } from 'node:http2';
import { workspacesPath } from '../server/canopy-process.ts';
import { spreadOf } from './latencies.ts';
import { eachLine } from './lines.ts';
import type { LoadResult, WorkspacePlan } from './plan.ts';
import { headersOf, requestOnce } from './session.ts';

interface WorkspaceEvent {
  type: string;
  object: { metadata: { name?: string; resourceVersion?: string }; status?: { phase?: string } };
}

/**
 * Creates workspaces and measures, from sending the POST on, until a GET shows the phase Ready, or an event of a watch
 * on the parent does: whichever comes first. The answer to the POST itself is not believed.
 */
export async function runWorkspaces(plan: WorkspacePlan, session: ClientHttp2Session): Promise<LoadResult> {
  const { target } = plan;
  const collection = `/clusters/${plan.parent}${workspacesPath}`;
  const ready = new Map<string, () => void>();
  const list = await requestOnce(session, target, { method: 'GET', path: `${collection}?limit=1` });
  const from = (JSON.parse(list.body.toString()) as WorkspaceEvent['object']).metadata.resourceVersion;
  const watch = session.request(
    headersOf(target, { method: 'GET', path: `${collection}?watch=true&resourceVersion=${from}` }),
  );
  watch.on('error', () => undefined);
  eachLine(watch, (line) => {
    const { object } = JSON.parse(line.toString()) as WorkspaceEvent;
    if (object.status?.phase === 'Ready') ready.get(object.metadata.name ?? '')?.();
  });
  const latencies: number[] = [];
  let next = 0;
  const cpu = process.cpuUsage();
  const started = performance.now();
  const worker = async (): Promise<void> => {
    while (next < plan.count && performance.now() - started < plan.ms) {
      const name = `${plan.prefix}-${next++}`;
      const sent = performance.now();
      const seen = new Promise<void>((resolve) => ready.set(name, resolve));
      const body = JSON.stringify({
        apiVersion: 'tenancy.kcp.io/v1alpha1',
        kind: 'Workspace',
        metadata: { name },
        spec: { type: { name: 'universal', path: 'root' } },
      });
      const { status, body: answer } = await requestOnce(session, target, { method: 'POST', path: collection, body });
      if (status !== 201) throw new Error(`creating ${name} was answered with ${status}: ${answer.toString()}`);
      await Promise.race([
        seen,
        isReady(session, plan, `${collection}/${name}`).then((yes) => (yes ? undefined : seen)),
      ]);
      ready.delete(name);
      latencies.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: plan.concurrency }, worker));
  const seconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  watch.close();
  return { count: latencies.length, seconds, latency: spreadOf(latencies), cpuMicros: user + system };
}

async function isReady(session: ClientHttp2Session, plan: WorkspacePlan, path: string): Promise<boolean> {
  const { body } = await requestOnce(session, plan.target, { method: 'GET', path });
  return (JSON.parse(body.toString()) as WorkspaceEvent['object']).status?.phase === 'Ready';
}
