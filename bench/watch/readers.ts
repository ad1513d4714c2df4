import { once } from 'node:events';
import { countLines } from '../load/lines.ts';
import type { FanOutPlan, LoadResult } from '../load/plan.ts';
import { connectSession, headersOf, requestOnce } from '../load/session.ts';
import type { Row } from '../report.ts';
import { figuresOf, settledMemory } from '../server/process-figures.ts';
import type { BenchRun } from '../suite/bench-run.ts';
import { collectionOf } from '../suite/objects.ts';
import { fanOutPlan, makeNamespace, type Namespace, newestVersion } from './namespaces.ts';
import type { WatchSizes } from './sizes.ts';

/** The stated bound of what a reader may leave unread. */
const unreadBound = 8 * 1024 * 1024;
const largeText = 'y'.repeat(20_000);

/** Readers at a calm pace: alone, and beside one that reads nothing of large events until it is cut off. */
export async function measureStalledReader(run: BenchRun, sizes: WatchSizes, space: Namespace): Promise<Row[]> {
  const alone = await run.load.run(await calm(run, sizes, space, 0));
  const session = await connectSession(run.canopy.target);
  try {
    const other = collectionOf('stalled');
    await makeNamespace(run, 'stalled');
    const before = await settledMemory(run.canopy.child);
    const stalled = session.request(headersOf(run.canopy.target, { method: 'GET', path: `${other}?watch=true` }));
    stalled.on('error', () => undefined);
    await once(stalled, 'response');
    stalled.pause();
    let cut = false;
    stalled.once('close', () => {
      cut = true;
    });
    const writing = await connectSession(run.canopy.target);
    const running = run.load.run(await calm(run, sizes, space, 1_000_000));
    let written = 0;
    let peak = 0;
    // More than the bound and what the receiving side of the connection may hold besides.
    for (let round = 0; written < 2.5 * unreadBound; round++) {
      const bodies = Array.from({ length: 8 }, (_, i) =>
        JSON.stringify({ metadata: { name: `large-${round}-${i}` }, data: { largeText } }),
      );
      await Promise.all(
        bodies.map((body) => requestOnce(writing, run.canopy.target, { method: 'POST', path: other, body })),
      );
      written += bodies.reduce((sum, body) => sum + body.length, 0);
      peak = Math.max(peak, (await figuresOf(run.canopy.child)).rss);
    }
    const beside = await running;
    stalled.resume();
    if (!cut) await once(stalled, 'close');
    writing.destroy();
    const after = await settledMemory(run.canopy.child);
    if (stalled.rstCode === 0) throw new Error('the reader that did not read was not cut off');
    return [
      delayRow(`from commit to others, ${sizes.calmPace} writes/s, alone`, alone),
      delayRow('from commit to others, beside a reader that does not read', beside),
      { name: 'resident memory gained while it stalled, peak', value: (peak - before.rss) / 1e6, unit: 'MB' },
      { name: 'heap gained when it was gone', value: (after.heapUsed - before.heapUsed) / 1e6, unit: 'MB' },
    ];
  } finally {
    session.destroy();
  }
}

/** A watch that resumes over many changes, while others are read at a calm pace. */
export async function measureResume(run: BenchRun, sizes: WatchSizes, space: Namespace): Promise<Row[]> {
  const { target, child } = run.canopy;
  const session = await connectSession(target);
  try {
    await makeNamespace(run, 'missed');
    const path = collectionOf('missed');
    const from = await newestVersion(session, target, path);
    await run.load.run({
      kind: 'loop',
      target,
      concurrency: 64,
      method: 'POST',
      path,
      body: JSON.stringify({ metadata: { name: 'missed-#' }, data: { text: 'x'.repeat(700) } }),
      status: 201,
      first: 0,
      count: sizes.missed,
      ms: 600_000,
    });
    const alone = await run.load.run(await calm(run, sizes, space, 2_000_000));
    const before = await settledMemory(child);
    const running = run.load.run(await calm(run, sizes, space, 3_000_000));
    const { ms, cpuMicros, peak } = await resume(run, `${path}?watch=true&resourceVersion=${from}`, sizes.missed);
    const beside = await running;
    return [
      { name: `resume over ${sizes.missed} changes`, value: (sizes.missed / ms) * 1000, unit: '/s', cpuMicros },
      { name: 'resident memory gained by it, peak', value: (peak - before.rss) / 1e6, unit: 'MB' },
      delayRow('from commit to others, before it', alone),
      delayRow('from commit to others, beside it', beside),
    ];
  } finally {
    session.destroy();
  }
}

async function resume(
  run: BenchRun,
  path: string,
  count: number,
): Promise<{ ms: number; cpuMicros: number; peak: number }> {
  const { target, child } = run.canopy;
  const session = await connectSession(target);
  try {
    const first = await figuresOf(child);
    const started = performance.now();
    const stream = session.request(headersOf(target, { method: 'GET', path }));
    let events = 0;
    countLines(stream, (lines) => {
      events += lines;
    });
    let peak = 0;
    while (events < count) {
      if (stream.closed) throw new Error(`the watch ended after ${events} of ${count} events`);
      await new Promise((resolve) => setTimeout(resolve, 20));
      peak = Math.max(peak, (await figuresOf(child)).rss);
    }
    const ms = performance.now() - started;
    const last = await figuresOf(child);
    stream.close();
    return { ms, cpuMicros: (last.cpuMicros - first.cpuMicros) / count, peak };
  } finally {
    session.destroy();
  }
}

function delayRow(name: string, { afterAnswer }: LoadResult): Row {
  return { name, value: afterAnswer?.p99 ?? Number.NaN, unit: 'ms p99', ...afterAnswer };
}

async function calm(run: BenchRun, sizes: WatchSizes, space: Namespace, first: number): Promise<FanOutPlan> {
  return fanOutPlan(run, space, { watchers: sizes.someWatchers, pace: sizes.calmPace, ms: sizes.steadyMs, first });
}

/** A steady rate. The answer to a write tells that it is committed. */
export async function measureSteady(run: BenchRun, sizes: WatchSizes, space: Namespace): Promise<Row[]> {
  const { steadyPace, someWatchers, steadyMs } = sizes;
  const plan = await fanOutPlan(run, space, {
    watchers: someWatchers,
    pace: steadyPace,
    ms: steadyMs,
    first: 5_000_000,
  });
  const before = await figuresOf(run.canopy.child);
  const result: LoadResult = await run.load.run(plan);
  const after = await figuresOf(run.canopy.child);
  return [
    {
      name: `from commit to ${someWatchers} watchers, ${steadyPace} writes/s asked`,
      value: result.afterAnswer?.p99 ?? Number.NaN,
      unit: 'ms p99',
      ...result.afterAnswer,
      cpuMicros: (after.cpuMicros - before.cpuMicros) / result.count,
      bar: { limit: 20, better: 'lower' },
    },
    { name: 'from sending the write', value: result.latency.p99, unit: 'ms p99', ...result.latency },
    { name: 'writes per second reached', value: (result.writes ?? 0) / result.seconds, unit: '/s' },
  ];
}
