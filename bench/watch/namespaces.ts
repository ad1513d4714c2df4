import type { ClientHttp2Session } from 'node:http2';
import type { FanOutPlan } from '../load/plan.ts';
import { connectSession, requestOnce } from '../load/session.ts';
import type { Target } from '../server/canopy-process.ts';
import type { BenchRun } from '../suite/bench-run.ts';
import { collectionOf, configMap } from '../suite/objects.ts';

/** Where the readers of a measurement look. */
export interface Namespace {
  name: string;
}

export async function makeNamespace(run: BenchRun, name: string): Promise<Namespace> {
  const session = await connectSession(run.canopy.target);
  const body = JSON.stringify({ metadata: { name } });
  await requestOnce(session, run.canopy.target, { method: 'POST', path: '/clusters/root/api/v1/namespaces', body });
  session.destroy();
  return { name };
}

export async function newestVersion(session: ClientHttp2Session, target: Target, path: string): Promise<string> {
  const list = await requestOnce(session, target, { method: 'GET', path: `${path}?limit=1` });
  return (JSON.parse(list.body.toString()) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
}

/** Watchers of a namespace's ConfigMaps from now on, and creations at a pace. */
export async function fanOutPlan(
  run: BenchRun,
  space: Namespace,
  shape: Pick<FanOutPlan, 'watchers' | 'pace' | 'ms' | 'first'>,
): Promise<FanOutPlan> {
  const session = await connectSession(run.canopy.target);
  const path = collectionOf(space.name);
  const resourceVersion = await newestVersion(session, run.canopy.target, path);
  session.destroy();
  return {
    kind: 'fan-out',
    target: run.canopy.target,
    path,
    body: configMap('event-#'),
    writers: 16,
    resourceVersion,
    ...shape,
  };
}
