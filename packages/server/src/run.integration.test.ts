import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  configMap,
  createWorkspace,
  type RunningServer,
  type RunningServerOptions,
  startServer,
} from '@canopy/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from './options/parse-options.ts';

let directory: string;
let running: RunningServer | undefined;

async function start(options: RunningServerOptions = {}): Promise<RunningServer> {
  running = await startServer({ rootDirectory: directory, ...options });
  return running;
}

async function stop(): Promise<void> {
  await running?.stop({ keepDirectory: true });
  running = undefined;
}

const file = (name: string): string => path.join(directory, name);

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'canopy-run-'));
});

afterEach(async () => {
  await stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('a server started again on its directory', () => {
  it('has all objects, the same ids and the same workspaces', async () => {
    const first = await start();
    const workspace = await createWorkspace(first.admin, 'kept');
    const kept = first.admin.in('root:kept');
    const before = await kept.ok('POST', '/api/v1/namespaces/default/configmaps', configMap('data', { a: '1' }));
    await stop();

    const second = (await start()).admin.in('root:kept');
    const after = await second.ok('GET', '/api/v1/namespaces/default/configmaps/data');
    expect(after).toEqual(before);
    const again = await second.in('root').ok('GET', '/apis/tenancy.kcp.io/v1alpha1/workspaces/kept');
    expect(again.metadata.uid).toBe(workspace.metadata.uid);
    expect(again.spec).toMatchObject({ cluster: (workspace.spec as { cluster: string }).cluster });
    const lists = await Promise.all(
      ['/api/v1/namespaces', '/apis/apis.kcp.io/v1alpha2/apibindings'].map((at) => second.ok('GET', at)),
    );
    expect(lists.map(({ items }) => items.length)).toEqual([2, 2]);
  });

  it('never hands out a resource version twice', async () => {
    const first = await start();
    const at = '/api/v1/namespaces/default/configmaps';
    const before = await first.admin.ok('POST', at, configMap('before'));
    await stop();
    const second = await start();
    const after = await second.admin.ok('POST', at, configMap('after'));
    expect(Number(after.metadata.resourceVersion)).toBeGreaterThan(Number(before.metadata.resourceVersion));
  });

  it('keeps the token of shard-admin and gives kcp-admin a new one', async () => {
    const first = await start();
    const text = readFileSync(file('admin.kubeconfig'), 'utf8');
    const tokens = [...text.matchAll(/token: (\S+)/g)].map((match) => match[1] as string);
    expect(tokens).toHaveLength(2);
    expect((await first.master.get('/api/v1/namespaces')).status).toBe(200);
    await stop();
    const second = await start();
    expect((await second.bearer(tokens[1] as string).get('/api/v1/namespaces')).status).toBe(200);
    expect((await second.bearer(tokens[0] as string).get('/api/v1/namespaces')).status).toBe(401);
  });

  it('refuses an admin.kubeconfig whose token it does not know, and starts once the file is gone', async () => {
    await start();
    await stop();
    const text = readFileSync(file('admin.kubeconfig'), 'utf8');
    const forged = text.replace(/(- name: shard-admin\n\s+user:\n\s+token: )\S+/, '$1forged');
    writeFileSync(file('admin.kubeconfig'), forged);
    const failed = await start().catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(UsageError);
    expect((failed as Error).message).toContain('is not valid anymore. Remove file');
    rmSync(file('admin.kubeconfig'));
    const again = await start();
    expect((await again.master.get('/api/v1/namespaces')).status).toBe(200);
    expect((await again.bearer('forged').get('/api/v1/namespaces')).status).toBe(401);
  });

  it('renews its certificate when it gets another host name, under the same authority', async () => {
    const first = await start();
    const before = new X509Certificate(readFileSync(file('serving.crt')));
    expect(before.checkHost('canopy.example.com')).toBeUndefined();
    const url = first.url;
    await stop();

    const second = await start({ flags: ['--external-hostname', 'canopy.example.com'] });
    const after = new X509Certificate(readFileSync(file('serving.crt')));
    expect(after.checkHost('canopy.example.com')).toBe('canopy.example.com');
    expect(after.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(after.serialNumber).not.toBe(before.serialNumber);
    expect(second.ca).toBe(first.ca);
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:/);
    expect(second.url).toMatch(/^https:\/\/canopy\.example\.com:/);
    await stop();

    await start({ flags: ['--external-hostname', 'canopy.example.com'] });
    expect(new X509Certificate(readFileSync(file('serving.crt'))).serialNumber).toBe(after.serialNumber);
  });
});

describe('a stopped server', () => {
  it('has left its port, so that another one can take it', async () => {
    const first = await start();
    const { port } = first.serving;
    await stop();
    const second = await start({ flags: ['--secure-port', String(port)] });
    expect(second.serving.port).toBe(port);
    expect((await second.admin.get('/api/v1/namespaces')).status).toBe(200);
  });

  it('ends open watches rather than waiting for them', async () => {
    const first = await start();
    const watch = await first.admin.watch('/api/v1/namespaces');
    await watch.named('ADDED', 'default');
    await stop();
    await expect(watch.named('ADDED', 'never')).rejects.toThrow('the watch ended');
  });
});

describe('the root directory', () => {
  it('holds secrets that only their owner can read', async () => {
    await start();
    for (const name of ['admin.kubeconfig', 'ca.key', 'serving.key', 'sa.key', '.admin-token-store']) {
      expect(existsSync(file(name)), name).toBe(true);
      expect(statSync(file(name)).mode & 0o077, name).toBe(0);
    }
  });

  it('belongs to one server at a time', async () => {
    await start();
    const second = await startServer({ rootDirectory: directory }).catch((error: unknown) => error);
    expect(second).toBeInstanceOf(UsageError);
  });
});
