import type { IncomingRequest } from '@canopy/apiserver';
import { configMap, type RunningServer, startServer } from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const perUserAndCluster = 400;
let server: RunningServer;

beforeAll(async () => {
  server = await startServer({
    users: [
      { name: 'alice', groups: ['system:masters'] },
      { name: 'bob', groups: ['system:masters'] },
    ],
  });
});

afterAll(() => server.stop());

/** A request whose body arrives when the test lets it. */
function request(user: string, cluster: string, body: Promise<Uint8Array>, name: string): IncomingRequest {
  return {
    method: 'POST',
    path: `/clusters/${cluster}/api/v1/namespaces/default/configmaps`,
    query: new URLSearchParams(),
    headers: { authorization: `Bearer token-of-${user}`, 'content-type': 'application/json' },
    body: () => body,
    signal: new AbortController().signal,
    auditId: name,
    warnings: [],
    onFinish: [],
    auditAnnotations: {},
  };
}

describe('a user with too many requests in work in one workspace', () => {
  it('is told to come back, while others and other workspaces are served', async () => {
    const body = Promise.withResolvers<void>();
    const { handle } = server.serving.wired;
    const send = (user: string, cluster: string, name: string) =>
      handle(
        request(
          user,
          cluster,
          body.promise.then(() => Buffer.from(JSON.stringify(configMap(name)))),
          name,
        ),
      );
    const slow = Array.from({ length: perUserAndCluster }, (_, i) => send('alice', 'root', `slow-${i}`));
    // All of them have passed the limit once a later one is refused.
    const refused = await handle(request('alice', 'root', body.promise as never, 'one-more'));
    expect(refused.status).toBe(429);
    expect(refused.headers['retry-after']).toBe('1');
    expect((await server.user('alice').get('/api/v1/namespaces')).status).toBe(429);
    expect((await server.user('bob').get('/api/v1/namespaces')).status).toBe(200);
    expect((await server.user('alice').in('system:admin').get('/api/v1/namespaces')).status).toBe(200);
    const watch = await server.user('alice').watch('/api/v1/namespaces');
    await watch.close();

    body.resolve();
    const statuses = (await Promise.all(slow)).map(({ status }) => status);
    expect(statuses).toEqual(statuses.map(() => 201));
    expect((await server.user('alice').get('/api/v1/namespaces')).status).toBe(200);
  });
});
