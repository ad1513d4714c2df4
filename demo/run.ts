import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { KubeObject } from '@canopy/apimachinery';
import { isStatusError } from '@canopy/apimachinery';
import type { DynamicClient } from '@canopy/client';
import { isConnectionError } from '@canopy/client';
import type { ResolvedContext } from '@canopy/client/node';
import { connectContext, KubeconfigError, loadKubeconfig, resolveContext } from '@canopy/client/node';
import { programOptions } from '../scripts/program-options.ts';
import type { Consumer } from './cast.ts';
import {
  actAs,
  apiBindings,
  databases,
  deleteWorkspace,
  isGone,
  leftovers,
  makeAdmin,
  makeWorkspace,
  secrets,
  until,
} from './cast.ts';
import { query, refusal } from './database.ts';
import { providerKubeconfig } from './provider-login.ts';
import { ProviderProcess, removeFolder } from './provider-process.ts';
import { chapter, expectThat, PlotHole, tell } from './story.ts';

interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
}

interface Order extends KubeObject {
  status?: { phase?: string; sizeBytes?: number; secretRef?: { name: string }; conditions?: Condition[] };
}

interface Stage {
  admin: DynamicClient;
  context: ResolvedContext;
  folder: string;
  suffix: string;
  /** Workspaces below root, by what is to be cleaned up first and last: orders need the provider to go. */
  consumers: string[];
  providers: string[];
  running?: ProviderProcess;
}

async function play(stage: Stage): Promise<void> {
  const { acme, globex, provider } = await setTheStage(stage);
  await discover(acme, provider);
  await discover(globex, provider);

  chapter('Order, notify, fulfil');
  const [shop, ledger] = await Promise.all([
    order(acme, 'shop', { extensions: ['pg_trgm'], connectionLimit: 5 }),
    order(globex, 'ledger', {}),
  ]);

  chapter('Connect with the delivered Secret');
  await query(shop, "create table fruit (name text); insert into fruit values ('apple'), ('pear'), ('plum')");
  const rows = await query(shop, "select name from fruit where name % 'aple'");
  tell(`alice> select name from fruit where name % 'aple';   →  ${rows.map(({ name }) => name).join(', ')}`);
  expectThat(rows.length === 1, 'the query should find one fruit');

  await checkIsolation({ acme, globex, shop, ledger });
  await leave(acme, 'shop', shop);
}

async function setTheStage(stage: Stage) {
  const { admin, suffix } = stage;
  chapter('Two organisations and a provider');
  const organisation = async (name: string, team: string, role: 'consumers' | 'providers' = 'consumers') => {
    const full = `${name}-${suffix}`;
    stage[role].push(full);
    await makeWorkspace(admin, 'root', full, 'organization');
    return makeWorkspace(admin, `root:${full}`, team, 'universal');
  };
  const [shop, books, workspace] = await Promise.all([
    organisation('demo-acme', 'shop'),
    organisation('demo-globex', 'books'),
    organisation('demo-provider', 'db', 'providers'),
  ]);
  const acme: Consumer = { user: 'alice', workspace: shop, client: actAs(admin, 'alice').cluster(shop) };
  const globex: Consumer = { user: 'bob', workspace: books, client: actAs(admin, 'bob').cluster(books) };
  await Promise.all([acme, globex].map((who) => makeAdmin(admin, who.workspace, userSubject(who.user))));
  tell(`alice has ${acme.workspace}, bob has ${globex.workspace}`);

  const folder = stage.folder;
  const kubeconfig = await providerKubeconfig(admin, stage.context, { workspace, folder });
  const place = { kubeconfig, workspace, folder };
  await ProviderProcess.setUp(place);
  tell(`the provider publishes PostgresDatabase in ${workspace}`);
  stage.running = new ProviderProcess(place);
  await stage.running.ready();
  tell('its process runs, with a PostgreSQL server of its own, and waits for orders');
  return { acme, globex, provider: workspace };
}

function userSubject(name: string) {
  return { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name };
}

async function discover(who: Consumer, provider: string): Promise<void> {
  chapter(`${who.user} discovers`);
  const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
  const claim = { group: '', resource: 'secrets', verbs, selector: { matchAll: true }, state: 'Accepted' };
  await who.client.resource(apiBindings).create({
    apiVersion: 'apis.kcp.io/v1alpha2',
    kind: 'APIBinding',
    metadata: { name: 'postgres' },
    spec: { reference: { export: { path: provider, name: 'postgres' } }, permissionClaims: [claim] },
  } as KubeObject);
  const { group, version, resource } = databases;
  const found = await until('the bound API', async () => {
    try {
      const list = await who.client.rest.json<{ resources: { name: string; kind: string }[] }>({
        method: 'GET',
        path: `/apis/${group}/${version}`,
      });
      return list.resources.find(({ name }) => name === resource);
    } catch (error) {
      if (isStatusError(error, 'NotFound')) return undefined;
      throw error;
    }
  });
  tell(`binds ${provider}:postgres, lets it keep Secrets here, and finds ${found.kind} among the APIs`);
}

/** Orders, follows the order to its end, and gives back the URI. */
async function order(who: Consumer, name: string, spec: object): Promise<string> {
  const orders = who.client.resource<Order>(databases).namespace('default');
  const wanted = { apiVersion: 'databases.canopy.dev/v1alpha1', kind: 'PostgresDatabase', metadata: { name }, spec };
  const ordered = await orders.create(wanted as Order);
  tell(`${who.user} orders ${name} ${JSON.stringify(spec)}`);
  const limit = AbortSignal.timeout(30_000);
  const { resourceVersion } = ordered.metadata;
  let noticed = false;
  for await (const event of orders.watch({ resourceVersion, fieldSelector: `metadata.name=${name}`, signal: limit })) {
    if (event.type === 'BOOKMARK' || event.type === 'DELETED') continue;
    const { metadata, status } = event.object as Order;
    if (!noticed && (metadata.finalizers?.length ?? 0) > 0) {
      noticed = true;
      tell(`the provider is notified of ${name} and takes it on`);
    }
    if (status?.phase === 'Failed') {
      throw new PlotHole(`${name}: ${status.conditions?.find(({ type }) => type === 'Ready')?.message}`);
    }
    if (status?.phase !== 'Ready' || status.secretRef === undefined) continue;
    const secret = await who.client
      .resource<KubeObject & { data: Record<string, string> }>(secrets)
      .namespace('default')
      .get(status.secretRef.name);
    tell(`${name} is Ready: ${status.sizeBytes} bytes, Secret ${status.secretRef.name} is in ${who.workspace}`);
    return Buffer.from(secret.data['uri'] ?? '', 'base64').toString();
  }
  throw new PlotHole(`the watch on ${name} ended early`);
}

async function checkIsolation(all: { acme: Consumer; globex: Consumer; shop: string; ledger: string }): Promise<void> {
  const { acme, globex, shop, ledger } = all;
  chapter('bob sees nothing of alice');
  const { items } = await globex.client.resource(databases).list();
  const names = items.map(({ metadata }) => metadata.name).join(', ');
  expectThat(names === 'ledger', `bob sees ${names}`);
  tell(`bob lists databases: ${names}`);
  const trespass = await globex.client
    .cluster(acme.workspace)
    .resource(secrets)
    .namespace('default')
    .list()
    .then(
      () => undefined,
      (error: unknown) => error,
    );
  expectThat(isStatusError(trespass, 'Forbidden'), "bob can read alice's Secrets");
  tell(`bob asks for Secrets in ${acme.workspace}: 403 ${trespass.message.split(':').at(-1)?.trim()}`);
  const elsewhere = new URL(ledger);
  elsewhere.pathname = new URL(shop).pathname;
  const answer = await refusal(elsewhere.href);
  expectThat(answer !== undefined, "bob's login opens alice's database");
  tell(`bob's login on alice's database: ${answer}`);
}

async function leave(who: Consumer, name: string, uri: string): Promise<void> {
  chapter('Clean up');
  const orders = who.client.resource(databases).namespace('default');
  await orders.delete(name);
  await until(`end of ${name}`, () => isGone(orders, name));
  const answer = await refusal(uri);
  expectThat(answer !== undefined, 'the database outlives its order');
  tell(`alice deletes ${name}; the provider drops it: ${answer}`);
}

async function main(): Promise<void> {
  const { values } = programOptions({
    name: 'demo',
    purpose:
      'Two organisations order databases from a provider that neither knows more of than its export. Needs a running server.',
    options: {
      kubeconfig: {
        type: 'text',
        value: 'FILE',
        help: 'of its admin; default: CANOPY_KUBECONFIG, else .canopy/admin.kubeconfig',
      },
      keep: { type: 'switch', help: 'leave all in place, with the provider running, until Ctrl-C' },
    },
  });
  const file = path.resolve(values.kubeconfig ?? process.env['CANOPY_KUBECONFIG'] ?? '.canopy/admin.kubeconfig');
  const context = resolveContext(await loadKubeconfig({ paths: [file], explicit: true }));
  const kube = await connectContext(context, { environment: { env: process.env } });
  const suffix = randomBytes(3).toString('hex');
  const folder = path.join(path.dirname(file), `demo-${suffix}`);
  const stage: Stage = { admin: kube.client, context, folder, suffix, consumers: [], providers: [] };
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => reject(new PlotHole('interrupted')));
  });
  interrupted.catch(() => {});
  try {
    const old = await leftovers(kube.client, 600_000);
    mkdirSync(folder, { mode: 0o700 });
    await Promise.race([Promise.all(old.map((name) => deleteWorkspace(kube.client, name))), interrupted]);
    await Promise.race([play(stage), interrupted]);
    if (values.keep) {
      tell('all is kept; Ctrl-C cleans up');
      setInterval(() => {}, 60_000);
      await interrupted.catch(() => {});
    }
  } finally {
    await cleanUp(stage);
    await kube.close();
  }
}

/** Goes on where a step fails. @throws what failed first */
async function cleanUp(stage: Stage): Promise<void> {
  const { admin, consumers, providers, running, folder } = stage;
  const remove = (names: string[]) => Promise.all(names.map((name) => deleteWorkspace(admin, name)));
  const steps = [() => remove(consumers), () => running?.stop(), () => remove(providers), () => removeFolder(folder)];
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
  if (consumers.length > 0) tell('workspaces, provider and its PostgreSQL server are gone');
}

try {
  await main();
  process.exit(0);
} catch (error) {
  const known = error instanceof PlotHole || error instanceof KubeconfigError || isStatusError(error);
  const text = isConnectionError(error)
    ? `no server answers (${error.message}); start one with: npm start`
    : error instanceof KubeconfigError
      ? `${error.message}; start a server with: npm start`
      : known
        ? (error as Error).message
        : (error as Error).stack;
  process.stderr.write(`\ndemo: ${text}\n`);
  process.exit(1);
}
