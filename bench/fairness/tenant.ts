// A process that is one well-behaved tenant: so many requests a second, in turn a GET, a create and a small list, each at its
// time whether the others were answered or not. Latencies count from that time.
import { RawConnection } from '../load/raw-connection.ts';
import { prepare } from '../load/request-block.ts';
import { configMap } from './tenants.ts';

export const tenantVerbs = ['get', 'create', 'list'] as const;
export type TenantVerb = (typeof tenantVerbs)[number];

export interface TenantPlan {
  /** Of reads and of creates, which wait for the disk too. */
  readUrl: string;
  createUrl: string;
  ca: string;
  token: string;
  /** URL path of the ConfigMaps of its workspace, with one named `c-0`, and of its namespaces. */
  configMaps: string;
  namespaces: string;
  perSecond: number;
  ms: number;
}

export interface TenantResult {
  /** Of what was answered as it should be, milliseconds. */
  latencies: Record<TenantVerb, number[]>;
  /** Other answers. */
  failed: number;
}

const expected: Readonly<Record<TenantVerb, number>> = { get: 200, create: 201, list: 200 };

async function run(plan: TenantPlan, { reading, creating }: Connections): Promise<TenantResult> {
  const result: TenantResult = { latencies: { get: [], create: [], list: [] }, failed: 0 };
  const count = Math.round((plan.perSecond * plan.ms) / 1000);
  const started = performance.now();
  const answers: Promise<void>[] = [];
  for (let i = 0; i < count; i++) {
    const due = started + (i / plan.perSecond) * 1000;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    // A timer that is late by itself is not the server's delay.
    const sent = performance.now();
    answers.push(
      new Promise((resolve) => {
        const verb = tenantVerbs[i % tenantVerbs.length] as TenantVerb;
        const connection = verb === 'create' ? creating : reading;
        connection.send(requestOf(plan, verb, `${Math.round(started)}-${i}`), (status) => {
          if (status === expected[verb]) result.latencies[verb].push(performance.now() - sent);
          else result.failed += 1;
          resolve();
        });
      }),
    );
  }
  await Promise.all(answers);
  return result;
}

function requestOf({ token, configMaps, namespaces }: TenantPlan, verb: TenantVerb, id: string) {
  if (verb === 'get') return prepare({ token }, 'GET', `${configMaps}/c-0`);
  if (verb === 'list') return prepare({ token }, 'GET', namespaces);
  const body = JSON.stringify(configMap(`t-${process.pid}-${id}`, { text: 'x'.repeat(500) }));
  return prepare({ token }, 'POST', configMaps, body);
}

interface Connections {
  reading: RawConnection;
  creating: RawConnection;
}

async function connect({ readUrl, createUrl, ca }: TenantPlan): Promise<Connections> {
  return {
    reading: await RawConnection.open({ url: readUrl, ca }),
    creating: await RawConnection.open({ url: createUrl, ca }),
  };
}

let connections: Promise<Connections> | undefined;
process.on('message', (plan: TenantPlan) => {
  connections ??= connect(plan);
  connections
    .then((open) => run(plan, open))
    .then(
      (result) => process.send?.({ result }),
      (error: unknown) => process.send?.({ error: String(error) }),
    );
});
process.once('disconnect', () => process.exit());
