import { createPublicKey, verify } from 'node:crypto';
import http2 from 'node:http2';
import { grant, type RunningServer, startServer, workspaceObject } from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ users: [{ name: 'alice' }, { name: 'scraper' }] });
});

afterAll(() => server.stop());

/** A request with a method that no client library would send. */
function strangeMethod(method: string): Promise<number> {
  const session = http2.connect(server.url, { ca: server.ca });
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': method, ':path': '/clusters/root/api' });
    stream.on('response', (headers) => resolve(Number(headers[':status'])));
    stream.on('error', reject);
    stream.resume();
    stream.on('close', () => session.close());
  });
}

function series(text: string): string[] {
  return text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
}

describe('/metrics', () => {
  it('is for those whom the RBAC of root lets read it', async () => {
    expect((await server.anonymous.below('').get('/metrics')).status).toBe(403);
    expect((await server.user('scraper').below('').get('/metrics')).status).toBe(403);
    await grant(server.admin, 'scraping', 'scraper', [{ nonResourceURLs: ['/metrics'], verbs: ['get'] }]);
    const answer = await server.user('scraper').below('').get('/metrics');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    expect((await server.user('alice').below('').get('/metrics')).status).toBe(403);
  });

  it('does not exist at the scope of a workspace', async () => {
    const answer = await server.admin.get('/metrics');
    expect([answer.status, answer.text]).toEqual([501, 'shard-level endpoint not available at workspace scope']);
  });

  it('has under 1,000 series and no names of workspaces after 200 of them', async () => {
    const names = Array.from({ length: 200 }, (_, i) => `metered-${i}`);
    await Promise.all(
      names.map(async (name) => {
        await server.admin.ok('POST', '/apis/tenancy.kcp.io/v1alpha1/workspaces', workspaceObject(name));
        const workspace = server.admin.in(`root:${name}`);
        await workspace.ok('GET', '/api/v1/namespaces/default');
        await workspace.get(`/apis/${name}.example.com/v1/${name}s`);
      }),
    );
    const { text } = await server.master.below('').get('/metrics');
    expect(series(text).length).toBeLessThan(1000);
    expect(text).not.toContain('metered-');
    expect(text).toMatch(
      /apiserver_request_total\{verb="create",resource="workspaces.tenancy.kcp.io",code="201"[^}]*\} 200\n/,
    );
  });

  it('does not grow with what strangers send as the method', async () => {
    const ofRequests = async (): Promise<number> =>
      series((await server.master.below('').get('/metrics')).text).filter((line) => line.startsWith('apiserver_'))
        .length;
    const before = await ofRequests();
    for (let i = 0; i < 20; i++) expect(await strangeMethod(`X${i}`)).toBeGreaterThanOrEqual(400);
    expect((await ofRequests()) - before).toBeLessThan(20);
  });
});

describe('health', () => {
  it.each(['/healthz', '/livez', '/readyz'])('%s is open to everybody', async (path) => {
    const answer = await server.anonymous.below('').get(path);
    expect([answer.status, answer.text]).toEqual([200, 'ok']);
  });

  it('lists its checks when asked to', async () => {
    const { text } = await server.anonymous.below('').get('/readyz?verbose');
    expect(text).toContain('[+]ping ok\n[+]storage ok\n');
    expect(text).toContain('readyz check passed');
  });

  it('leaves out checks, one by one', async () => {
    const { status, text } = await server.anonymous.below('').get('/readyz?verbose&exclude=storage');
    expect(status).toBe(200);
    expect(text).toContain('[+]ping ok');
    expect(text).toContain('[+]storage excluded: ok');
    expect((await server.anonymous.below('').get('/readyz/storage')).text).toBe('ok');
    expect((await server.anonymous.below('').get('/readyz/none')).status).toBe(404);
  });
});

describe('/version', () => {
  it('tells a Kubernetes version to everybody', async () => {
    const answer = await server.anonymous.below('').get('/version');
    expect(answer.status).toBe(200);
    expect(answer.json()).toMatchObject({ major: '1', gitVersion: expect.stringMatching(/^v1\.\d+\.\d+/) });
  });

  it('is the same below a workspace', async () => {
    const [bare, scoped] = await Promise.all([server.admin.below('').get('/version'), server.admin.get('/version')]);
    expect(scoped.text).toBe(bare.text);
  });
});

describe('the issuer of ServiceAccount tokens', () => {
  it('publishes a key that verifies what it signed', async () => {
    const { anonymous, admin } = server;
    const configuration = (await anonymous.below('').get('/.well-known/openid-configuration')).json() as unknown as {
      issuer: string;
      jwks_uri: string;
    };
    expect(configuration.jwks_uri).toBe(`${server.url}/openid/v1/jwks`);
    const keys = await anonymous.below('').get('/openid/v1/jwks');
    expect(keys.headers['content-type']).toBe('application/jwk-set+json');
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
    const issued = await admin.ok('POST', '/api/v1/namespaces/default/serviceaccounts/default/token', request);
    const [head, body, signature] = (issued.status as { token: string }).token.split('.') as [string, string, string];
    const { kid, alg } = JSON.parse(Buffer.from(head, 'base64url').toString()) as { kid: string; alg: string };
    const [jwk] = (keys.json() as unknown as { keys: { kid: string }[] }).keys.filter((key) => key.kid === kid);
    expect(alg).toBe('ES256');
    const verified = verify(
      'sha256',
      Buffer.from(`${head}.${body}`),
      { key: createPublicKey({ key: jwk as never, format: 'jwk' }), dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    expect(verified).toBe(true);
    expect(JSON.parse(Buffer.from(body, 'base64url').toString())).toMatchObject({ iss: configuration.issuer });
  });
});
