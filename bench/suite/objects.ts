import { commitRate } from '../ceiling/commit-rate.ts';
import { type CeilingAnswers, type CeilingServer, startCeiling } from '../ceiling/setup.ts';
import type { LoopPlan } from '../load/plan.ts';
import { connectSession, requestOnce } from '../load/session.ts';
import type { Bar, Row } from '../report.ts';
import type { Target } from '../server/canopy-process.ts';
import { type BenchRun, figuresOfRow, type Measured, measure } from './bench-run.ts';

export const collectionOf = (namespace: string): string => `/clusters/root/api/v1/namespaces/${namespace}/configmaps`;
const collection = collectionOf('default');
const text = 'x'.repeat(1000);

/** A ConfigMap with 1 kB of data. */
export function configMap(name: string): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text } });
}

export interface Verb {
  /** As in the name of its row, if another one is asked for with `--only`. */
  title?: string;
  name: string;
  concurrency: number;
  plan: Pick<LoopPlan, 'method' | 'path' | 'body' | 'contentType' | 'status' | 'wrap' | 'check'>;
  writes: boolean;
  bar: Bar;
}

const patchBody = JSON.stringify({ metadata: { annotations: { round: '#' } } });
const ofSqlite = { of: 'sqlite', atLeast: 0.1 } as const;
const ofHttp2 = { of: 'http2', atLeast: 0.5 } as const;
const pageSize = 500;
export const verbs: readonly Verb[] = [
  {
    name: 'create',
    concurrency: 32,
    writes: true,
    plan: { method: 'POST', path: collection, body: configMap('object-#'), status: 201, check: { name: 'object-#' } },
    bar: { limit: 6000, better: 'higher', share: ofSqlite },
  },
  {
    name: 'get',
    concurrency: 32,
    writes: false,
    plan: { method: 'GET', path: `${collection}/read-#`, status: 200, wrap: true, check: { name: 'read-#' } },
    bar: { limit: 15_000, better: 'higher', share: ofHttp2 },
  },
  {
    name: 'list',
    title: `list ${pageSize}`,
    concurrency: 4,
    writes: false,
    plan: {
      method: 'GET',
      path: `${collection}?limit=${pageSize}`,
      status: 200,
      wrap: true,
      check: { items: pageSize },
    },
    bar: { limit: 1000, better: 'higher', share: ofHttp2 },
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
      check: { name: 'read-#' },
    },
    bar: { limit: 5000, better: 'higher', share: ofSqlite },
  },
  {
    name: 'delete',
    concurrency: 32,
    writes: true,
    plan: { method: 'DELETE', path: `${collection}/object-#`, status: 200, check: { name: 'object-#' } },
    bar: { limit: 5000, better: 'higher', share: ofSqlite },
  },
];

export const verbNames: readonly string[] = verbs.map(({ name }) => name);

/** Where the numbers of objects made one at a time begin. */
const firstAlone = 1_000_000;
const firstCeiling = 2_000_000;
/** The bare server's answers may differ by so much in length, as names and annotations do. */
const lengthTolerance = 0.1;

/** Makes what is read, listed and patched. */
export function seedPlan(target: Target, count: number): LoopPlan {
  const request = { method: 'POST', path: collection, body: configMap('read-#'), status: 201 };
  return { kind: 'loop', target, concurrency: 32, first: 0, count, ms: 120_000, ...request };
}

/** The verbs on ConfigMaps, 32 (lists: 4) at once and one at a time; each right before the bare server doing the same. */
export async function measureObjects(run: BenchRun): Promise<Row[]> {
  const { sizes, canopy, wants = () => true } = run;
  await run.load.run(seedPlan(canopy.target, sizes.objects));
  const ceiling = await startCeiling(canopy.directory, await sampleAnswers(canopy.target), canopy.target);
  const rows: Row[] = [];
  try {
    const made = new Map<number, number>();
    for (const verb of verbs) {
      // What is deleted has to be made first.
      if (!wants(verb.name) && !(verb.name === 'create' && wants('delete'))) continue;
      for (const concurrency of [verb.concurrency, 1]) {
        const row = await measureVerb(run, ceiling, verb, { concurrency, made });
        if (wants(verb.name)) rows.push(row);
      }
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
  const { sizes, canopy } = run;
  const { concurrency, made } = at;
  const { check, ...request } = verb.plan;
  const alone = concurrency === 1;
  const plan: LoopPlan = {
    kind: 'loop',
    target: canopy.target,
    concurrency,
    first: verb.plan.wrap !== true && alone ? firstAlone : 0,
    count: verb.name === 'delete' ? (made.get(concurrency) ?? 0) : sizes.objects * (verb.name === 'create' ? 5 : 1),
    ms: sizes.loopMs,
    warmMs: sizes.warmMs,
    countRefusals: true,
    ...request,
  };
  const ours = await measure(run, canopy.child, check === undefined ? plan : { ...plan, check });
  if (verb.name === 'create') made.set(concurrency, ours.used ?? 0);
  const bare = await measure(run, ceiling.child, {
    ...plan,
    target: ceiling.target,
    first: firstCeiling,
    count: 1_000_000,
    ms: sizes.ceilingMs,
  });
  checkLengths(verb.name, ours, bare);
  const commits = verb.writes
    ? await commitRate(run.directory, { rows: 1, group: concurrency, ms: sizes.ceilingMs })
    : undefined;
  return {
    name: `${verb.title ?? verb.name}, ${alone ? 'one' : concurrency} at a time`,
    ...figuresOfRow(ours),
    ceilings: { http2: bare.perSecond, ...(commits === undefined ? {} : { sqlite: commits }) },
    ceilingCpuMicros: bare.serverMicros,
    ceilingClientMicros: bare.clientMicros,
    ...(alone ? {} : { bar: verb.bar }),
  };
}

/** Both servers are to send as much. */
function checkLengths(name: string, ours: Measured, bare: Measured): void {
  const ratio = (ours.bytes ?? 0) / ours.count / ((bare.bytes ?? 0) / bare.count);
  if (!(Math.abs(ratio - 1) < lengthTolerance))
    throw new Error(`${name}: the bare server's answers have other lengths, by a factor of ${ratio.toFixed(2)}`);
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
    LIST: await ask('GET', `${collection}?limit=${pageSize}`),
    DELETE: await ask('DELETE', path),
  };
  session.destroy();
  return answers;
}
