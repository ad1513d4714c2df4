import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls, { type TLSSocket } from 'node:tls';
import { type AuthenticationResult, x509Authenticator } from '@canopy/apiserver';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AdminAccess, knownAdminTokens, writeAdminKubeconfig } from './admin-kubeconfig.ts';
import { servingCertificate } from './certificates.ts';
import { issueAuthority, issueClient, issueServing, type KeyedCertificate } from './issue.ts';
import { serviceAccountKey } from './service-account-key.ts';

const hour = 3_600_000;
const now = Date.now();
const validity = { notBefore: now - hour, notAfter: now + 24 * hour };
const directory = mkdtempSync(path.join(tmpdir(), 'canopy-pki-'));

let clientCa: KeyedCertificate;
let otherCa: KeyedCertificate;
let serverCa: KeyedCertificate;
let server: tls.Server;
let verdict: AuthenticationResult | undefined;

beforeAll(async () => {
  clientCa = await issueAuthority({ name: 'clients', ...validity });
  otherCa = await issueAuthority({ name: 'others', ...validity });
  serverCa = await issueAuthority({ name: 'servers', ...validity });
  const { cert, key } = await issueServing(serverCa, { name: 'localhost', hosts: ['localhost'], ...validity });
  const authenticator = x509Authenticator(clientCa.cert, () => Date.now());
  server = tls.createServer({ cert, key, requestCert: true, rejectUnauthorized: false });
  server.on('secureConnection', (socket: TLSSocket) => {
    void Promise.resolve(authenticator.authenticate({ socket, headers: {} })).then((result) => {
      verdict = result;
      socket.end('done');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterAll(() => {
  server?.close();
  rmSync(directory, { recursive: true, force: true });
});

/** Connects with a client certificate, or without, and tells what the server made of it. */
async function connect(client?: KeyedCertificate): Promise<AuthenticationResult | undefined> {
  const { port } = server.address() as AddressInfo;
  const socket = tls.connect({ host: '127.0.0.1', port, servername: 'localhost', ca: serverCa.cert, ...client });
  socket.resume();
  await once(socket, 'close');
  return verdict;
}

describe('client certificates', () => {
  it('authenticate their common name, with the organizations as groups', async () => {
    const result = await connect(await issueClient(clientCa, { user: 'alice', groups: ['dev', 'ops'], ...validity }));
    expect(result).toMatchObject({ outcome: 'authenticated', user: { name: 'alice', groups: ['dev', 'ops'] } });
  });

  it('are no credential when there is none', async () => {
    expect(await connect()).toEqual({ outcome: 'absent' });
  });

  it.each(['x+O=system:masters', 'x\nO=system:masters', 'x, O=system:masters', 'x + O=system:masters'])(
    'gain no group by the common name %j',
    async (user) => {
      const result = await connect(await issueClient(clientCa, { user, groups: [], ...validity }));
      expect(result).toMatchObject({ outcome: 'authenticated', user: { name: user, groups: [] } });
    },
  );

  it('of another authority are rejected', async () => {
    const result = await connect(
      await issueClient(otherCa, { user: 'alice', groups: ['system:masters'], ...validity }),
    );
    expect(result).toMatchObject({ outcome: 'rejected', reason: expect.stringContaining('unknown authority') });
  });

  it('are rejected when they are not valid now', async () => {
    const expired = await issueClient(clientCa, {
      user: 'alice',
      groups: [],
      notBefore: now - 2 * hour,
      notAfter: now - hour,
    });
    expect(await connect(expired)).toMatchObject({ outcome: 'rejected', reason: expect.stringContaining('expired') });
  });

  it('must be made for clients', async () => {
    const serving = await issueServing(clientCa, { name: 'alice', hosts: ['alice'], ...validity });
    expect(await connect(serving)).toMatchObject({
      outcome: 'rejected',
      reason: expect.stringContaining('client authentication'),
    });
  });
});

async function adminOfNextStart(): Promise<AdminAccess> {
  const tokens = await knownAdminTokens(directory);
  return writeAdminKubeconfig(directory, { server: 'https://h:1', ca: 'PEM', tokens });
}

describe('the files of the root directory', () => {
  const file = (name: string) => path.join(directory, name);

  it('keep the certificate while it fits, and the authority when it does not', async () => {
    const first = await servingCertificate(directory, ['localhost', '127.0.0.1'], now);
    expect(await servingCertificate(directory, ['localhost'], now)).toEqual(first);
    const wider = await servingCertificate(directory, ['localhost', 'canopy.example'], now);
    expect(wider.cert).not.toBe(first.cert);
    expect(wider.ca).toBe(first.ca);
    const later = await servingCertificate(directory, ['localhost'], now + 350 * 24 * hour);
    expect(later.cert).not.toBe(wider.cert);
    expect(later.ca).toBe(first.ca);
    for (const name of ['ca.key', 'serving.key']) expect(statSync(file(name)).mode & 0o777).toBe(0o600);
  });

  it('are good for clients a day after the clock was set back, and the certificate is made anew when it is of the future', async () => {
    const first = await servingCertificate(directory, ['localhost'], now);
    for (const pem of [first.cert, first.ca])
      expect(Date.parse(new X509Certificate(pem).validFrom)).toBeLessThan(now - 24 * hour);
    expect(await servingCertificate(directory, ['localhost'], now - 24 * hour)).toEqual(first);
    const earlier = await servingCertificate(directory, ['localhost'], now - 7 * 24 * hour);
    expect(Date.parse(new X509Certificate(earlier.cert).validFrom)).toBeLessThan(now - 7 * 24 * hour);
    expect(earlier.ca).toBe(first.ca);
  });

  it('recover from a key that was written without its certificate', async () => {
    const before = await servingCertificate(directory, ['localhost'], now);
    const other = await issueServing(serverCa, { name: 'x', hosts: ['x'], ...validity });
    writeFileSync(file('serving.key'), other.key);
    const after = await servingCertificate(directory, ['localhost'], now);
    expect(after.cert).not.toBe(before.cert);
    expect(() => tls.createSecureContext({ cert: after.cert, key: after.key })).not.toThrow();
  });

  it('have one key for ServiceAccount tokens', () => {
    expect(serviceAccountKey(directory)).toBe(serviceAccountKey(directory));
  });

  it('keep the token of shard-admin, also when another program has rewritten the kubeconfig', async () => {
    const first = await adminOfNextStart();
    const second = await adminOfNextStart();
    expect(second.shardAdminTokenHash).toBe(first.shardAdminTokenHash);
    expect(second.kcpAdminToken).not.toBe(first.kcpAdminToken);
    const rewritten = readFileSync(file('admin.kubeconfig'), 'utf8').replace(/^ {2}/gm, '');
    writeFileSync(file('admin.kubeconfig'), rewritten);
    expect((await adminOfNextStart()).shardAdminTokenHash).toBe(first.shardAdminTokenHash);
  });

  it('stop the start when token and store do not fit', async () => {
    writeFileSync(file('.admin-token-store'), 'something else');
    await expect(adminOfNextStart()).rejects.toThrow('is not valid anymore');
  });
});
