import { commitRate } from '../ceiling/commit-rate.ts';
import { type CeilingAnswers, type CeilingServer, startCeiling } from '../ceiling/setup.ts';
import type { LoopPlan } from '../load/plan.ts';
import { connectSession, requestOnce } from '../load/session.ts';
import type { Bar, Row } from '../report.ts';
import type { Target } from '../server/canopy-process.ts';
import { type BenchRun, type Measured, measure } from './bench-run.ts';

export const collectionOf = (namespace: string): string => `/clusters/root/api/v1/namespaces/${namespace}/configmaps`;
const collection = collectionOf('default');
const text = 'x'.repeat(1000);

/** A ConfigMap with 1 kB of data. */
export function configMap(name: string): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text } });
}

interface Verb {
  name: string;
  concurrency: number;
  plan: Pick<LoopPlan, 'method' | 'path' | 'body' | 'contentType' | 'status' | 'wrap'>;
  writes: boolean;
  bar?: Bar;
}

const patchBody = JSON.stringify({ metadata: { annotations: { round: '#' } } });
const verbs: readonly Verb[] = [
  {
    name: 'create',
    concurrency: 32,
    writes: true,
    plan: { method: 'POST', path: collection, body: configMap('object-#'), status: 201 },
    bar: { limit: 2000, better: 'higher' },
  },
  {
    name: 'get',
    concurrency: 32,
    writes: false,
    plan: { method: 'GET', path: `${collection}/read-#`, status: 200, wrap: true },
    bar: { limit: 5000, better: 'higher' },
  },
  {
    name: 'list 500',
    concurrency: 4,
    writes: false,
    plan: { method: 'GET', path: `${collection}?limit=500`, status: 200, wrap: true },
  },
  {
    name: 'patch',
    concurrency: 32,
    writes: true,
    plan: {
      method: 'PATCH',
      path: `${collection}/read-#`,
      body: patchBody,
      contentType: 'application/merge-patch+json',
      status: 200,
      wrap: true,
    },
  },
  {
    name: 'delete',
    concurrency: 32,
    writes: true,
    plan: { method: 'DELETE', path: `${collection}/object-#`, status: 200 },
  },
];

/** Where the numbers of objects made one at a time begin. */
const firstAlone = 1_000_000;
const firstCeiling = 2_000_000;

/** The verbs on ConfigMaps, 32 (lists: 4) at once and one at a time; each right before the bare server doing the same. */
export async function measureObjects(run: BenchRun): Promise<Row[]> {
  const { sizes, canopy } = run;
  const seed = {
    kind: 'loop',
    target: canopy.target,
    concurrency: 32,
    first: 0,
    count: sizes.objects,
    ms: 120_000,
  } as const;
  await run.load.run({ ...seed, method: 'POST', path: collection, body: configMap('read-#'), status: 201 });
  const ceiling = await startCeiling(canopy.directory, await sampleAnswers(canopy.target), canopy.target);
  const rows: Row[] = [];
  try {
    const made = new Map<number, number>();
    for (const verb of verbs) {
      for (const concurrency of [verb.concurrency, 1])
        rows.push(await measureVerb(run, ceiling, verb, { concurrency, made }));
    }
  } finally {
    await ceiling.stop();
  }
  return rows;
}

async function measureVerb(
  run: BenchRun,
  ceiling: CeilingServer,
  verb: Verb,
  at: { concurrency: number; made: Map<number, number> },
): Promise<Row> {
  const { sizes, canopy, load } = run;
  const { concurrency, made } = at;
  const alone = concurrency === 1;
  const first = verb.plan.wrap === true ? 0 : alone ? firstAlone : 0;
  const count = verb.name === 'delete' ? (made.get(concurrency) ?? 0) : sizes.objects;
  const plan: LoopPlan = {
    kind: 'loop',
    target: canopy.target,
    concurrency,
    first,
    count,
    ms: sizes.loopMs,
    ...verb.plan,
  };
  const ours = await measure(load, canopy.child, plan);
  if (verb.name === 'create') made.set(concurrency, ours.count);
  const bare = await measure(load, ceiling.child, {
    ...plan,
    target: ceiling.target,
    first: firstCeiling,
    count: 1_000_000,
    ms: sizes.ceilingMs,
  });
  const commits = verb.writes
    ? await commitRate(run.directory, { rows: 1, group: concurrency, ms: sizes.ceilingMs })
    : undefined;
  return rowOf(verb, concurrency, { ours, bare, commits });
}

function rowOf(
  verb: Verb,
  concurrency: number,
  { ours, bare, commits }: { ours: Measured; bare: Measured; commits: number | undefined },
): Row {
  const lower = commits !== undefined && commits < bare.perSecond;
  const row: Row = {
    name: `${verb.name}, ${concurrency === 1 ? 'one' : concurrency} at a time`,
    value: ours.perSecond,
    unit: '/s',
    ceiling: lower ? { value: commits, of: 'sqlite' } : { value: bare.perSecond, of: 'http2' },
    ...ours.latency,
    cpuMicros: ours.serverMicros,
    ceilingCpuMicros: bare.serverMicros,
  };
  return verb.bar === undefined || concurrency === 1 ? row : { ...row, bar: verb.bar };
}

/** What Canopy answers to each verb, for the bare server to send as well. */
export async function sampleAnswers(target: Target): Promise<CeilingAnswers> {
  const session = await connectSession(target);
  const path = `${collection}/sample`;
  const ask = async (method: string, at: string, body?: string, contentType?: string): Promise<string> => {
    const answer = await requestOnce(session, target, {
      method,
      path: at,
      ...(body === undefined ? {} : { body }),
      ...(contentType === undefined ? {} : { contentType }),
    });
    if (answer.status >= 300)
      throw new Error(`${method} ${at} was answered with ${answer.status}: ${answer.body.toString()}`);
    return answer.body.toString();
  };
  const answers: CeilingAnswers = {
    POST: await ask('POST', collection, configMap('sample')),
    GET: await ask('GET', path),
    PATCH: await ask('PATCH', path, patchBody, 'application/merge-patch+json'),
    LIST: await ask('GET', `${collection}?limit=500`),
    DELETE: await ask('DELETE', path),
  };
  session.destroy();
  return answers;
}
