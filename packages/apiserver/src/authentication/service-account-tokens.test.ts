import { generateKeyPairSync } from 'node:crypto';
import type { KubeObject } from '@canopy/apimachinery';
import { beforeEach, describe, expect, it } from 'vitest';
import { ServiceAccountTokens, serviceAccountAuthenticator, type TokenDependencies } from './service-account-tokens.ts';

const issuer = 'https://kcp.default.svc';
const key = () =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

let now = 0;
let accounts: Map<string, string>;
let secrets: Map<string, string>;
/** What a legacy Secret holds, base64. */
let held: string | undefined;
let tokens: ServiceAccountTokens;

function object(uid: string | undefined): KubeObject | undefined {
  return uid === undefined ? undefined : { apiVersion: 'v1', kind: 'X', metadata: { uid } };
}

const dependencies: TokenDependencies = {
  serviceAccount: async (cluster, namespace, name) => object(accounts.get(`${cluster}/${namespace}/${name}`)),
  async secret(cluster, namespace, name) {
    const secret = object(secrets.get(`${cluster}/${namespace}/${name}`));
    if (secret === undefined || held === undefined) return secret;
    return { ...secret, type: 'kubernetes.io/service-account-token', data: { token: held } };
  },
};

const request = {
  cluster: 'team',
  namespace: 'ns',
  name: 'robot',
  uid: 'u1',
  audiences: [issuer],
  expirationSeconds: 600,
};

beforeEach(() => {
  now = Date.parse('2026-01-01T00:00:00Z');
  accounts = new Map([['team/ns/robot', 'u1']]);
  secrets = new Map([['team/ns/key', 's1']]);
  held = undefined;
  tokens = new ServiceAccountTokens(key(), { issuer, now: () => now });
});

const verify = (token: string, audiences: string[] = [issuer]) => tokens.verify(token, audiences, dependencies);

describe('a token', () => {
  it('authenticates its service account, bound to its cluster', async () => {
    const { token, expirationTimestamp } = tokens.issue(request);
    expect(expirationTimestamp).toBe('2026-01-01T00:10:00Z');
    expect(await verify(token)).toEqual({
      name: 'system:serviceaccount:ns:robot',
      uid: 'u1',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:ns'],
      extra: { 'authentication.kcp.io/cluster-name': ['team'], 'authentication.kcp.io/scopes': ['cluster:team'] },
    });
    expect(tokens.clusterOf(token)).toBe('team');
  });

  it('is no good after its time, even when it was verified before', async () => {
    const { token } = tokens.issue(request);
    await verify(token);
    now += 600_000;
    await expect(verify(token)).rejects.toThrow('expired');
  });

  it('is no good for another audience', async () => {
    const { token } = tokens.issue({ ...request, audiences: ['vault'] });
    await expect(verify(token)).rejects.toThrow('audiences');
    expect(await verify(token, ['vault'])).toBeDefined();
  });

  it('dies with its service account, and does not come back with a new one of the same name', async () => {
    const { token } = tokens.issue(request);
    accounts.delete('team/ns/robot');
    await expect(verify(token)).rejects.toThrow('ServiceAccount');
    accounts.set('team/ns/robot', 'u2');
    await expect(verify(token)).rejects.toThrow('ServiceAccount');
  });

  it('dies with the secret it is bound to', async () => {
    const { token } = tokens.issue({ ...request, bound: { kind: 'Secret', name: 'key', uid: 's1' } });
    expect(await verify(token)).toBeDefined();
    secrets.set('team/ns/key', 's2');
    await expect(verify(token)).rejects.toThrow('Secret');
  });

  it('of a legacy secret lives as long as the secret', async () => {
    const token = tokens.issueLegacy(request, { name: 'key' });
    held = Buffer.from(token).toString('base64');
    now += 10 * 365 * 86_400_000;
    expect((await verify(token))?.name).toBe('system:serviceaccount:ns:robot');
    secrets.clear();
    await expect(verify(token)).rejects.toThrow('Secret');
  });
});

describe('a legacy token', () => {
  it('does not outlive its secret in another one of the same name', async () => {
    const token = tokens.issueLegacy(request, { name: 'key' });
    await expect(verify(token)).rejects.toThrow('Secret');
    held = Buffer.from('another').toString('base64');
    await expect(verify(token)).rejects.toThrow('Secret');
  });
});

describe('a forged token', () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

  it('with another cluster in its claims is refused', async () => {
    const [header, payload, signature] = tokens.issue(request).token.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    claims['kubernetes.io'].clusterName = 'root';
    accounts.set('root/ns/robot', 'u1');
    await expect(verify(`${header}.${encode(claims)}.${signature}`)).rejects.toThrow('signature');
  });

  it('without a signature is refused', async () => {
    const [, payload] = tokens.issue(request).token.split('.') as [string, string];
    await expect(verify(`${encode({ alg: 'none', typ: 'JWT' })}.${payload}.`)).rejects.toThrow();
    await expect(verify(`${encode({ alg: 'HS256', typ: 'JWT' })}.${payload}.AAAA`)).rejects.toThrow();
  });

  it('of another key is refused', async () => {
    const other = new ServiceAccountTokens(key(), { issuer, now: () => now });
    await expect(verify(other.issue(request).token)).rejects.toThrow();
  });

  it('of another issuer is left to other authenticators', async () => {
    const other = new ServiceAccountTokens(key(), { issuer: 'https://elsewhere', now: () => now });
    expect(await verify(other.issue(request).token)).toBeUndefined();
    const authenticator = serviceAccountAuthenticator(tokens, dependencies);
    expect(await authenticator.authenticate({ bearerToken: 'not.a.jwt', headers: {} })).toEqual({ outcome: 'absent' });
    expect(await authenticator.authenticate({ headers: {} })).toEqual({ outcome: 'absent' });
  });
});
