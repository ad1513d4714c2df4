import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { KubeObject } from '@canopy/apimachinery';
import { isStatusError } from '@canopy/apimachinery';
import type { DynamicClient, GroupVersionResource } from '@canopy/client';
import type { KubeconfigClient } from '@canopy/client/node';
import { connectContext, loadKubeconfig, resolveContext } from '@canopy/client/node';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';

const repository = path.resolve(import.meta.dirname, '..');
const root = mkdtempSync(path.join(os.tmpdir(), 'canopy-e2e-postgres-'));
const kubeconfig = path.join(root, 'admin.kubeconfig');
const home = 'root:providers:db';

const workspaces: GroupVersionResource = { group: 'tenancy.kcp.io', version: 'v1alpha1', resource: 'workspaces' };
const bindings: GroupVersionResource = { group: 'apis.kcp.io', version: 'v1alpha2', resource: 'apibindings' };
const databases: GroupVersionResource = {
  group: 'databases.canopy.dev',
  version: 'v1alpha1',
  resource: 'postgresdatabases',
};
const secrets: GroupVersionResource = { group: '', version: 'v1', resource: 'secrets' };

interface Order extends KubeObject {
  status?: {
    phase?: string;
    endpoint?: { host: string; port: number; database: string };
    conditions?: { type: string; status: string; reason: string }[];
  };
}

let server: Process;
let provider: Process;
let kube: KubeconfigClient;
let acme: DynamicClient;
let globex: DynamicClient;

/** A program of the repository with its output in a file. */
class Process {
  readonly child: ChildProcess;
  readonly #log: string;

  constructor(name: string, args: string[]) {
    this.#log = path.join(root, `${name}.log`);
    const log = openSync(this.#log, 'a');
    this.child = spawn(process.execPath, args, { stdio: ['ignore', log, log], cwd: repository });
    closeSync(log);
  }

  async says(text: string): Promise<void> {
    await vi.waitFor(
      () => {
        const log = readFileSync(this.#log, 'utf8');
        if (!log.includes(text)) throw new Error(`waiting for ${text} in:\n${log}`);
      },
      { timeout: 60_000, interval: 20 },
    );
  }

  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill(signal);
    await exited;
  }
}

function providerProcess(command: string, ...flags: string[]): Process {
  const program = 'providers/postgres/src/main.ts';
  return new Process('provider', [program, command, '--kubeconfig', kubeconfig, '--workspace', home, ...flags]);
}

function startProvider(): Process {
  return providerProcess('run', '--root-directory', root, '--refresh-seconds', '1');
}

async function makeConsumer(name: string): Promise<DynamicClient> {
  const wanted = { apiVersion: 'tenancy.kcp.io/v1alpha1', kind: 'Workspace', metadata: { name } };
  const collection = kube.client.cluster('root').resource<KubeObject & { status?: { phase?: string } }>(workspaces);
  await collection.create(wanted);
  await eventually(async () => expect((await collection.get(name)).status?.phase).toBe('Ready'));
  return kube.client.cluster(`root:${name}`);
}

async function bind(client: DynamicClient, state: 'Accepted' | 'Rejected'): Promise<void> {
  const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
  const claim = { group: '', resource: 'secrets', verbs, selector: { matchAll: true }, state };
  await client.resource(bindings).create({
    apiVersion: 'apis.kcp.io/v1alpha2',
    kind: 'APIBinding',
    metadata: { name: 'postgres' },
    spec: { reference: { export: { path: home, name: 'postgres' } }, permissionClaims: [claim] },
  } as KubeObject);
  await eventually(() => ordersOf(client).list());
}

function ordersOf(client: DynamicClient) {
  return client.resource<Order>(databases).namespace('default');
}

async function place(client: DynamicClient, name: string, spec: object = {}): Promise<void> {
  const order = { apiVersion: 'databases.canopy.dev/v1alpha1', kind: 'PostgresDatabase', metadata: { name }, spec };
  await ordersOf(client).create(order as Order);
}

async function eventually<T>(check: () => Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: 60_000, interval: 25 });
}

/** Waits for the order's summary to have this reason. */
function comesTo(client: DynamicClient, name: string, reason: string): Promise<Order> {
  return eventually(async () => {
    const order = await ordersOf(client).get(name);
    expect(order.status?.conditions?.find(({ type }) => type === 'Ready')?.reason).toBe(reason);
    return order;
  });
}

async function uriOf(client: DynamicClient, name: string): Promise<string> {
  const collection = client.resource<KubeObject & { data: Record<string, string> }>(secrets).namespace('default');
  return Buffer.from((await collection.get(`${name}-postgres`)).data['uri'] ?? '', 'base64').toString();
}

async function query(uri: string, text: string) {
  const sql = postgres(uri, { max: 1, connect_timeout: 5, onnotice: () => {} });
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function superuserUri(): string {
  const password = readFileSync(path.join(root, 'postgres/superuser-password'), 'utf8');
  return `postgresql://canopy:${password}@127.0.0.1:${readFileSync(path.join(root, 'postgres/port'), 'utf8')}/postgres`;
}

async function remove(client: DynamicClient, name: string): Promise<void> {
  await ordersOf(client).delete(name);
  await gone(client, name);
}

function gone(client: DynamicClient, name: string): Promise<void> {
  return eventually(async () => {
    const found = await ordersOf(client)
      .get(name)
      .catch((error: unknown) => {
        if (!isStatusError(error, 'NotFound')) throw error;
        return undefined;
      });
    expect(found).toBeUndefined();
  });
}

/** A provider that crashed has left its PostgreSQL server running. */
function stopOrphan(): void {
  const lock = path.join(root, 'postgres/data/postmaster.pid');
  if (existsSync(lock)) process.kill(Number(readFileSync(lock, 'utf8').split('\n', 1)[0]), 'SIGQUIT');
}

beforeAll(async () => {
  server = new Process('server', [
    'packages/server/src/main.ts',
    'start',
    '--root-directory',
    root,
    '--secure-port',
    '0',
  ]);
  await server.says('Canopy is ready');
  kube = await connectContext(resolveContext(await loadKubeconfig({ paths: [kubeconfig], explicit: true })));
  const setup = providerProcess('setup');
  await new Promise((resolve) => setup.child.once('exit', resolve));
  expect(setup.child.exitCode).toBe(0);
  provider = startProvider();
  await provider.says('provider-postgres is ready');
  [acme, globex] = await Promise.all([makeConsumer('acme'), makeConsumer('globex')]);
  await bind(acme, 'Accepted');
  await bind(globex, 'Accepted');
});

afterAll(async () => {
  await provider?.end('SIGTERM');
  stopOrphan();
  await kube?.close();
  await server?.end('SIGTERM');
  rmSync(root, { recursive: true, force: true });
});

describe('ordering a PostgreSQL database', () => {
  it('delivers a Secret that opens a database with the ordered extension, and takes both back', async () => {
    await place(acme, 'shop', { extensions: ['pg_trgm'], connectionLimit: 3 });
    const order = await comesTo(acme, 'shop', 'Delivered');
    const uri = await uriOf(acme, 'shop');
    expect(await query(uri, "select current_database() as name, similarity('a', 'a') as same")).toEqual([
      { name: order.status?.endpoint?.database, same: 1 },
    ]);
    await ordersOf(acme).patch('shop', 'merge', { spec: { connectionLimit: 7 } });
    await eventually(async () => {
      const [row] = await query(uri, 'select rolconnlimit as n from pg_roles where rolname = current_user');
      expect(row).toEqual({ n: 7 });
    });
    await remove(acme, 'shop');
    await expect(query(uri, 'select 1')).rejects.toThrow('password authentication failed');
    await expect(uriOf(acme, 'shop')).rejects.toMatchObject({ reason: 'NotFound' });
  });

  it('keeps consumers apart, in the control plane and on the server', async () => {
    await Promise.all([place(acme, 'same'), place(globex, 'same')]);
    await Promise.all([comesTo(acme, 'same', 'Delivered'), comesTo(globex, 'same', 'Delivered')]);
    const [ours, theirs] = [await uriOf(acme, 'same'), new URL(await uriOf(globex, 'same'))];
    expect(new URL(ours).pathname).not.toBe(theirs.pathname);
    theirs.pathname = new URL(ours).pathname;
    await expect(query(theirs.href, 'select 1')).rejects.toThrow('permission denied for database');
    expect((await globex.resource(databases).list()).items).toHaveLength(1);
    await Promise.all([remove(acme, 'same'), remove(globex, 'same')]);
  });

  it('gives the order a new password when the Secret is deleted', async () => {
    await place(acme, 'rotated');
    await comesTo(acme, 'rotated', 'Delivered');
    const before = await uriOf(acme, 'rotated');
    await acme.resource(secrets).namespace('default').delete('rotated-postgres');
    const after = await eventually(() => uriOf(acme, 'rotated'));
    expect(after).not.toBe(before);
    await expect(query(before, 'select 1')).rejects.toThrow('password authentication failed');
    expect(await query(after, 'select 1 as one')).toEqual([{ one: 1 }]);
    await remove(acme, 'rotated');
  });

  it('says which extension is wrong, and heals with the order', async () => {
    await place(acme, 'extended', { extensions: ['no_such_extension'] });
    const order = await comesTo(acme, 'extended', 'ExtensionFailed');
    expect(order.status?.phase).toBe('Failed');
    await ordersOf(acme).patch('extended', 'merge', { spec: { extensions: ['citext'] } });
    await comesTo(acme, 'extended', 'Delivered');
    await remove(acme, 'extended');
  });

  it('says that a name is taken, and heals when it is free', async () => {
    await place(acme, 'first', { name: 'sales' });
    await comesTo(acme, 'first', 'Delivered');
    await place(globex, 'second', { name: 'sales' });
    await comesTo(globex, 'second', 'NameTaken');
    await remove(acme, 'first');
    await comesTo(globex, 'second', 'Delivered');
    await remove(globex, 'second');
  });

  it('leaves the data of an order that is to keep it', async () => {
    await place(acme, 'archive', { name: 'archive', deletionPolicy: 'Keep' });
    await comesTo(acme, 'archive', 'Delivered');
    await query(await uriOf(acme, 'archive'), 'create table t as select 42 as n');
    await remove(acme, 'archive');
    const kept = new URL(superuserUri());
    kept.pathname = '/archive';
    expect(await query(kept.href, 'select n from public.t')).toEqual([{ n: 42 }]);
  });

  it('waits for the consumer to accept the claim on Secrets', async () => {
    const wary = await makeConsumer('wary');
    await bind(wary, 'Rejected');
    await place(wary, 'shy');
    await comesTo(wary, 'shy', 'SecretRefused');
    await wary
      .resource(bindings)
      .patch('postgres', 'json', [{ op: 'replace', path: '/spec/permissionClaims/0/state', value: 'Accepted' }]);
    await comesTo(wary, 'shy', 'Delivered');
    await remove(wary, 'shy');
  });
});

describe('a provider that is killed', () => {
  it.each([0, 5, 20, 40, 60, 80, 120, 200])('%i ms after an order finishes it when it is back', async (delayMs) => {
    await place(acme, `killed-${delayMs}`, { extensions: ['citext'] });
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    await provider.end('SIGKILL');
    provider = startProvider();
    await comesTo(acme, `killed-${delayMs}`, 'Delivered');
    expect(await query(await uriOf(acme, `killed-${delayMs}`), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it.each([0, 5, 20, 40, 60, 80, 120, 200])('%i ms after a deletion finishes that too', async (delayMs) => {
    const { status } = await ordersOf(acme).get(`killed-${delayMs}`);
    await ordersOf(acme).delete(`killed-${delayMs}`);
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    await provider.end('SIGKILL');
    provider = startProvider();
    await gone(acme, `killed-${delayMs}`);
    const name = status?.endpoint?.database ?? '';
    expect(await query(superuserUri(), `select 1 from pg_database where datname = '${name}'`)).toEqual([]);
    expect(await query(superuserUri(), `select 1 from pg_roles where rolname = '${name}'`)).toEqual([]);
  });
});

describe('a PostgreSQL server that is down', () => {
  it('is told in the conditions, and orders heal when it is back', async () => {
    await place(acme, 'before');
    await comesTo(acme, 'before', 'Delivered');
    const uri = await uriOf(acme, 'before');
    await provider.end('SIGTERM');
    provider = providerProcess('run', '--refresh-seconds', '1', '--postgres-url', superuserUri());
    await comesTo(acme, 'before', 'ServerUnreachable');
    await place(acme, 'meanwhile');
    await comesTo(acme, 'meanwhile', 'ServerUnreachable');
    await ordersOf(acme).delete('before');
    await eventually(async () => expect((await ordersOf(acme).get('before')).status?.phase).toBe('Deleting'));
    await provider.end('SIGTERM');
    provider = startProvider();
    await comesTo(acme, 'meanwhile', 'Delivered');
    await gone(acme, 'before');
    await expect(query(uri, 'select 1')).rejects.toThrow('password authentication failed');
    await remove(acme, 'meanwhile');
  });

  it('is started again when it is ours, and serves on', async () => {
    await place(acme, 'survivor');
    await comesTo(acme, 'survivor', 'Delivered');
    const pid = Number(readFileSync(path.join(root, 'postgres/data/postmaster.pid'), 'utf8').split('\n', 1)[0]);
    process.kill(pid, 'SIGKILL');
    const uri = await uriOf(acme, 'survivor');
    await eventually(async () => expect(await query(uri, 'select 1 as one')).toEqual([{ one: 1 }]));
    await remove(acme, 'survivor');
  });
});

describe('a consumer that leaves', () => {
  it('takes its databases along when it deletes its workspace', async () => {
    const guest = await makeConsumer('guest');
    await bind(guest, 'Accepted');
    await place(guest, 'short');
    const { status } = await comesTo(guest, 'short', 'Delivered');
    await kube.client.cluster('root').resource(workspaces).delete('guest');
    await eventually(async () => {
      const name = status?.endpoint?.database ?? '';
      expect(await query(superuserUri(), `select 1 from pg_database where datname = '${name}'`)).toEqual([]);
    });
  });
});
