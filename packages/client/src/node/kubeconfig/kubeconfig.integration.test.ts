import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bodyText, startTlsServer } from '../../testing/tls-server.ts';
import { editKubeconfig } from './edit-kubeconfig.ts';
import type { UserEntry } from './kubeconfig.ts';
import { resolveContext } from './kubeconfig.ts';
import { connectContext, connectionSettings } from './kubeconfig-client.ts';
import { kubeconfigFiles, loadKubeconfig } from './load-kubeconfig.ts';

let top: string;
let folder: string;
const at = (name: string) => path.join(folder, name);

beforeAll(async () => {
  top = await mkdtemp(path.join(tmpdir(), 'kubeconfig-'));
});
beforeEach(async () => {
  folder = await mkdtemp(path.join(top, 'case-'));
});
afterAll(() => rm(top, { recursive: true }));

const place = () => ({ homeFolder: folder, workingFolder: folder });
const first = `
apiVersion: v1
kind: Config
clusters:
- name: root
  cluster: {server: "https://one:6443/clusters/root", certificate-authority: ca.pem, new-field: 7}
contexts:
- name: root
  context: {cluster: root, user: admin, extensions: [{name: x, extension: {a: 1}}]}
custom: {kept: true}
`;
const second = `
current-context: root
clusters:
- name: root
  cluster: {server: "https://shadowed"}
- name: other
  cluster: {server: "https://two"}
users:
- name: admin
  user: {token: secret}
contexts:
- name: elsewhere
  context: {cluster: missing}
`;

async function twoFiles() {
  await writeFile(at('one'), first);
  await writeFile(at('two'), second);
  return kubeconfigFiles({ ...place(), variable: ['one', 'absent', 'two'].join(path.delimiter) });
}

describe('loading a kubeconfig', () => {
  it('puts the listed files together, the first one winning, with paths from the folder of each', async () => {
    const config = await loadKubeconfig(await twoFiles());
    const resolved = resolveContext(config);
    expect(resolved).toMatchObject({ context: 'root', namespace: 'default', user: { token: 'secret' } });
    expect(resolved.cluster).toEqual({
      server: 'https://one:6443/clusters/root',
      'certificate-authority': at('ca.pem'),
      'new-field': 7,
    });
    expect([...config.clusters.keys()]).toEqual(['root', 'other']);
  });

  it('tells what is missing', async () => {
    const config = await loadKubeconfig(await twoFiles());
    expect(() => resolveContext(config, { context: 'nope' })).toThrow('context "nope" does not exist');
    expect(() => resolveContext(config, { context: 'elsewhere' })).toThrow('cluster "missing" does not exist');
    const flag = kubeconfigFiles({ ...place(), flag: 'absent' });
    await expect(loadKubeconfig(flag)).rejects.toThrow(/absent does not exist/);
    const empty = await loadKubeconfig(kubeconfigFiles(place()));
    expect(() => resolveContext(empty)).toThrow('no current context');
  });

  it('refuses what it cannot do', async () => {
    const cluster = { server: 'https://x' };
    await expect(connectionSettings({ cluster: { ...cluster, 'proxy-url': 'http://p' }, user: {} })).rejects.toThrow(
      /proxy-url/,
    );
    await expect(connectionSettings({ cluster, user: { 'auth-provider': { name: 'gcp' } } })).rejects.toThrow(/gcp/);
    const exec = { command: 'x', apiVersion: 'client.authentication.k8s.io/v1alpha1' };
    await expect(connectionSettings({ cluster, user: { exec } })).rejects.toThrow(/v1alpha1/);
  });
});

describe('editing a kubeconfig', () => {
  it('changes each entry where it stands, and keeps all it does not know', async () => {
    const files = await twoFiles();
    const config = await loadKubeconfig(files);
    const cluster = { ...config.clusters.get('root'), server: 'https://one:6443/clusters/root:a' };
    await editKubeconfig(files, {
      currentContext: 'workspace.kcp.io/current',
      clusters: { root: cluster, other: null, 'workspace.kcp.io/current': cluster },
      contexts: { 'workspace.kcp.io/current': { cluster: 'workspace.kcp.io/current', user: 'admin' } },
    });
    const one = await readFile(at('one'), 'utf8');
    expect(one).toContain('new-field: 7');
    expect(one).toContain('kept: true');
    expect(one).toContain('certificate-authority: ca.pem');
    expect(one).toContain(`certificate-authority: ${at('ca.pem')}`);
    expect(await readFile(at('two'), 'utf8')).not.toContain('https://two');
    const after = await loadKubeconfig(files);
    expect(resolveContext(after).cluster.server).toBe('https://one:6443/clusters/root:a');
    expect(after.contexts.get('root')).toEqual(config.contexts.get('root'));
  });

  it('keeps the mode of the file and the link to it, and makes new files for their owner alone', async () => {
    await writeFile(at('real'), first);
    await chmod(at('real'), 0o640);
    await symlink(at('real'), at('link'));
    await editKubeconfig(kubeconfigFiles({ ...place(), flag: 'link' }), { currentContext: 'root' });
    expect((await stat(at('real'))).mode & 0o777).toBe(0o640);
    expect(await readFile(at('real'), 'utf8')).toContain('current-context: root');
    await editKubeconfig(kubeconfigFiles(place()), { currentContext: 'x' });
    expect((await stat(at('.kube/config'))).mode & 0o777).toBe(0o600);
  });

  it('loses no change of many at a time', async () => {
    const files = kubeconfigFiles({ ...place(), flag: 'many' });
    const names = Array.from({ length: 10 }, (_, i) => `user-${i}`);
    await Promise.all(names.map((name) => editKubeconfig(files, { users: { [name]: { token: name } } })));
    expect([...(await loadKubeconfig(files)).users.keys()].sort()).toEqual(names);
  });
});

describe('a client from a kubeconfig', () => {
  it('authenticates with what its user has, and runs exec plugins again once their token is refused', async () => {
    const server = await startTlsServer((request, response) => {
      void bodyText(request).then(() => {
        const token = request.headers['authorization'] ?? '';
        response.statusCode = token === 'Bearer call-1' ? 401 : 200;
        response.end(JSON.stringify({ token, as: request.headers['impersonate-user'], path: request.url }));
      });
    });
    const ca = Buffer.from(server.pem.cert).toString('base64');
    const cluster = { server: `${server.url}/clusters/root`, 'certificate-authority-data': ca };
    const ask = async (user: UserEntry) => {
      const resolved = { context: 'c', namespace: 'default', clusterName: 'c', cluster, user };
      const connected = await connectContext(resolved, { environment: { env: { COUNTER: at('calls') } } });
      try {
        return await connected.client.rest.json({ method: 'GET', path: '/version' });
      } finally {
        await connected.close();
      }
    };
    const basePath = '/clusters/root/version';
    expect(await ask({ token: 't', as: 'alice' })).toEqual({ token: 'Bearer t', as: 'alice', path: basePath });
    expect(await ask({ username: 'u', password: 'p' })).toMatchObject({ token: 'Basic dTpw' });
    await writeFile(at('token'), 'from-file\n');
    expect(await ask({ tokenFile: at('token') })).toMatchObject({ token: 'Bearer from-file' });
    const script = `
      const fs = require('node:fs');
      fs.appendFileSync(process.env.COUNTER, 'x');
      const token = process.env.PREFIX + fs.readFileSync(process.env.COUNTER).length;
      const { apiVersion, spec } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
      if (!spec.cluster.server || spec.interactive) process.exit(3);
      console.log(JSON.stringify({ apiVersion, kind: 'ExecCredential', status: { token } }));`;
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      command: process.execPath,
      args: ['-e', script],
      env: [{ name: 'PREFIX', value: 'call-' }],
      interactiveMode: 'IfAvailable' as const,
      provideClusterInfo: true,
    };
    expect(await ask({ exec })).toMatchObject({ token: 'Bearer call-2' });
    await expect(ask({ exec: { ...exec, args: ['-e', 'process.exit(4)'] } })).rejects.toThrow('exit code 4');
    const absent = { ...exec, command: 'no-such-plugin', installHint: 'get it there' };
    await expect(ask({ exec: absent })).rejects.toThrow('get it there');
    await server.close();
  });
});
