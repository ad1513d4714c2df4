import { startCeiling } from '../ceiling/setup.ts';
import type { FanOutPlan } from '../load/plan.ts';
import { connectSession, requestOnce } from '../load/session.ts';
import type { Row } from '../report.ts';
import { type BenchRun, figuresOfRow, measure } from './bench-run.ts';
import { collectionOf, configMap, sampleAnswers } from './objects.ts';

const namespace = 'fan-out';
const writers = 16;
/** Per second. */
const leastEvents = 100_000;
/** Writes per second of the unhurried measurement. */
const pace = 100;

/** As fast as it goes, for events per second; then at a steady pace, for the delay of an event that need not queue. */
export async function measureFanOut(run: BenchRun): Promise<Row[]> {
  const { sizes, canopy } = run;
  const session = await connectSession(canopy.target);
  const body = JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await requestOnce(session, canopy.target, { method: 'POST', path: '/clusters/root/api/v1/namespaces', body });
  const path = collectionOf(namespace);
  const newest = async (): Promise<string> => {
    const list = await requestOnce(session, canopy.target, { method: 'GET', path: `${path}?limit=1` });
    return (JSON.parse(list.body.toString()) as { metadata: { resourceVersion: string } }).metadata.resourceVersion;
  };
  const plan = {
    kind: 'fan-out',
    target: canopy.target,
    watchers: sizes.watchers,
    path,
    body: configMap('event-#'),
    writers,
    ms: sizes.fanOutMs,
  } as const;
  const fast: FanOutPlan = { ...plan, resourceVersion: await newest(), pace: 0, first: 0 };
  const ours = await measure(run, canopy.child, fast);
  const paced = await measure(run, canopy.child, { ...plan, resourceVersion: await newest(), pace, first: 1_000_000 });
  session.destroy();
  const ceiling = await startCeiling(canopy.directory, await sampleAnswers(canopy.target), canopy.target);
  try {
    const bare = await measure(run, ceiling.child, { ...fast, target: ceiling.target });
    return [
      {
        name: `watch events to ${sizes.watchers} watchers`,
        ...figuresOfRow(ours),
        ceilings: { http2: bare.perSecond },
        ceilingCpuMicros: bare.serverMicros,
        ceilingClientMicros: bare.clientMicros,
        bar: { limit: leastEvents, better: 'higher' },
      },
      { name: `watch events at ${pace} writes/s`, ...figuresOfRow(paced) },
    ];
  } finally {
    await ceiling.stop();
  }
}
