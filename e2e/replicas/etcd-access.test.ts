import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  issueAuthority,
  issueClient,
  issueServing,
  type KeyedCertificate,
} from '../../packages/server/src/pki/issue.ts';
import { findEtcd } from '../../packages/storage/src/testing/etcd/find-etcd.ts';
import { freePorts } from '../../packages/storage/src/testing/etcd/free-ports.ts';
import { type EtcdCluster, startEtcd } from '../../packages/storage/src/testing/etcd/start-etcd.ts';
import { CanopyProcess, canopy, temporaryDirectory } from '../harness/canopy-process.ts';
import { Rest } from '../harness/rest.ts';

const { current } = findEtcd();

describe.skipIf(!current.found)('canopy start --etcd-servers', () => {
  const directory = temporaryDirectory();
  let plain: EtcdCluster;
  let secure: EtcdCluster;
  beforeAll(async () => {
    const day = 24 * 3600 * 1000;
    const validity = { notBefore: Date.now() - day, notAfter: Date.now() + day };
    const authority = await issueAuthority({ ...validity, name: 'etcd-ca' });
    const stranger = await issueAuthority({ ...validity, name: 'other-ca' });
    const serving = await issueServing(authority, { ...validity, name: 'etcd', hosts: ['127.0.0.1'] });
    const client = await issueClient(authority, { ...validity, user: 'canopy', groups: [] });
    const foreign = await issueClient(stranger, { ...validity, user: 'canopy', groups: [] });
    for (const [name, pair] of Object.entries({ authority, stranger, serving, client, foreign })) keep(name, pair);
    const binary = current.found ? current.path : '';
    plain = await startEtcd({ binary });
    secure = await startEtcd({
      binary,
      tls: {
        serving: { cert: file('serving.crt'), key: file('serving.key') },
        clientCa: file('authority.crt'),
        client,
      },
    });
  });
  afterAll(async () => {
    await plain?.stop();
    await secure?.stop();
    directory.remove();
  });

  function file(name: string): string {
    return path.join(directory.path, name);
  }

  function keep(name: string, { cert, key }: KeyedCertificate): void {
    writeFileSync(file(`${name}.crt`), cert);
    writeFileSync(file(`${name}.key`), key);
  }

  const as = (name: string): string[] => [
    '--etcd-certfile',
    file(`${name}.crt`),
    '--etcd-keyfile',
    file(`${name}.key`),
  ];
  const trusting = (name: string): string[] => ['--etcd-cafile', file(`${name}.crt`)];
  const other = (cluster: EtcdCluster): string =>
    (cluster.endpoints[0] as string).replace(/^https?/, (scheme) => (scheme === 'http' ? 'https' : 'http'));

  /** The one line that says why it did not start. */
  async function refusal(servers: string, flags: readonly string[]): Promise<string> {
    const root = path.join(directory.path, `root-${crypto.randomUUID()}`);
    mkdirSync(root);
    const all = ['start', '--root-directory', root, '--secure-port', '0', '--etcd-servers', servers, ...flags];
    const { code, stdout, stderr } = await canopy(all);
    expect({ code, stdout, lines: stderr.split('\n').length }).toEqual({ code: 2, stdout: '', lines: 2 });
    return stderr;
  }

  it.concurrent('says in one line, with exit code 2, that etcd does not answer', async () => {
    const [port] = await freePorts(1);
    const servers = `http://127.0.0.1:${port}`;
    expect(await refusal(servers, [])).toBe(
      `canopy: --etcd-servers ${servers}: etcd cannot be reached: connect ECONNREFUSED 127.0.0.1:${port}\n`,
    );
  });

  it.concurrent('says so of an etcd with a certificate of somebody else', async () => {
    const line = await refusal(secure.endpoints[0] as string, [...trusting('stranger'), ...as('client')]);
    expect(line).toContain('etcd cannot be reached: unable to verify the first certificate\n');
  });

  it.concurrent.each(['nobody', 'a stranger'])(
    'says so of an etcd that wants another certificate than that of %s',
    async (who) => {
      const flags = [...trusting('authority'), ...(who === 'nobody' ? [] : as('foreign'))];
      expect(await refusal(secure.endpoints[0] as string, flags)).toMatch(
        /etcd cannot be reached: TLS: \w+ alert (certificate required|unknown ca)\n/,
      );
    },
  );

  it.concurrent('says so of https where etcd has none, and of http where it has', async () => {
    expect(await refusal(other(plain), trusting('authority'))).toMatch(/etcd cannot be reached: .*TLS/);
    expect(await refusal(other(secure), [])).toMatch(/etcd cannot be reached: .*wants https\n/);
  });

  it('starts with the right certificates, keeps its objects there, and is the same server after a restart', async () => {
    const flags = ['--etcd-servers', secure.endpoints[0] as string, ...trusting('authority'), ...as('client')];
    const first = await CanopyProcess.start({ flags });
    const second = await CanopyProcess.start({ flags });
    try {
      const rest = Rest.spread([first, second], 'root');
      for (let i = 0; i < 10; i++)
        await rest.ok('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: `kept-${i}` } });
      await first.end('SIGTERM');
      await first.startAgain();
      const again = Rest.connect(first, 'root', { token: second.adminToken() });
      const { items } = await again.ok('GET', '/api/v1/namespaces/default/configmaps');
      expect(items.filter((item) => item.metadata.name.startsWith('kept-'))).toHaveLength(10);
      again.close();
      rest.close();
    } finally {
      await first.dispose();
      await second.dispose();
    }
  });
});
