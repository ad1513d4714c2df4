import type { IncomingRequest } from '@canopy/apiserver';
import { configMap, type RunningServer, startServer } from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** More than may wait. */
const flood = 1500;
const mayWait = 1000;
let server: RunningServer;

beforeAll(async () => {
  const groups = ['system:kcp:admin'];
  const mallories = Array.from({ length: 20 }, (_, i) => ({ name: `mallory-${i}`, groups }));
  server = await startServer({
    users: [
      { name: 'alice', groups },
      { name: 'bob', groups },
      { name: 'root', groups: ['system:masters'] },
      ...mallories,
    ],
  });
});

afterAll(() => server.stop());

type Wanted = Partial<IncomingRequest> & { user: string; cluster?: string };

function request({ user, cluster = 'root', ...rest }: Wanted): IncomingRequest {
  return {
    method: 'GET',
    path: `/clusters/${cluster}/api/v1/namespaces/default`,
    query: new URLSearchParams(),
    headers: { authorization: `Bearer token-of-${user}`, 'content-type': 'application/json' },
    body: async () => new Uint8Array(0),
    signal: new AbortController().signal,
    aborted: false,
    auditId: 'test',
    warnings: [],
    onFinish: [],
    auditAnnotations: {},
    ...rest,
  };
}

/** Sends all at once; the answers in the order in which they came. */
async function answers(wanted: readonly Wanted[]): Promise<{ user: string; status: number; response: unknown }[]> {
  const order: { user: string; status: number; response: unknown }[] = [];
  const { handle } = server.serving.wired;
  await Promise.all(
    wanted.map(async (one) => {
      const response = await handle(request(one));
      order.push({ user: one.user, status: response.status, response });
    }),
  );
  return order;
}

function times(count: number, make: (i: number) => Wanted): Wanted[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

/** How many of the flood were served before somebody else. */
function servedBefore(order: readonly { user: string; status: number }[], user: string): number {
  const at = order.findIndex((answer) => answer.user === user);
  expect(order[at]?.status).toBe(200);
  return order.slice(0, at).filter(({ status }) => status === 200).length;
}

describe('a flood', () => {
  it.each<[string, (i: number) => Wanted]>([
    ['of one user', () => ({ user: 'alice' })],
    ['of many users in one workspace', (i) => ({ user: `mallory-${i % 20}` })],
    ['of one user over workspaces', (i) => ({ user: 'alice', cluster: i % 2 === 0 ? 'root' : 'system:admin' })],
  ])('%s is shed, and others are served before most of it', async (_name, who) => {
    const users = await answers([...times(flood, who), { user: 'bob', cluster: 'root:none' }, { user: 'root' }]);
    const shed = users.filter(({ status }) => status === 429);
    expect(shed.length).toBeGreaterThan(0);
    expect(shed.length).toBeLessThanOrEqual(flood - mayWait + 2);
    expect(servedBefore(users, 'root')).toBeLessThan(100);
    const bob = users.findIndex(({ user }) => user === 'bob');
    // There is no such workspace: what counts is that the refusal does not wait for the flood.
    expect(users[bob]?.status).toBe(403);
    expect(users.slice(0, bob).filter(({ status }) => status === 200).length).toBeLessThan(100);
  });

  it('is told when to come back, as Kubernetes does', async () => {
    const all = await answers(times(flood, () => ({ user: 'alice' })));
    const [refused] = all.filter(({ status }) => status === 429).map(({ response }) => response);
    const { headers, body } = refused as { headers: object; body: string };
    expect(headers).toMatchObject({ 'retry-after': '1' });
    expect(JSON.parse(body)).toMatchObject({
      kind: 'Status',
      reason: 'TooManyRequests',
      code: 429,
      details: { retryAfterSeconds: 1 },
    });
  });

  it('does not hold leases up, not even those of the same user', async () => {
    const path = '/clusters/root/apis/coordination.k8s.io/v1/namespaces/default/leases/none';
    const order = await answers([...times(900, () => ({ user: 'alice' })), { user: 'alice', path }]);
    const at = order.findIndex(({ status }) => status === 404);
    expect(at).toBeGreaterThan(-1);
    expect(at).toBeLessThan(100);
  });

  it('leaves the server as it was', async () => {
    await answers(times(flood, () => ({ user: 'alice' })));
    expect((await answers([{ user: 'alice' }]))[0]?.status).toBe(200);
  });
});

describe('requests whose bodies do not come', () => {
  it('hold nobody up, and go on when they come', async () => {
    const body = Promise.withResolvers<void>();
    const slow = answers(
      times(400, (i) => ({
        user: 'alice',
        method: 'POST',
        path: '/clusters/root/api/v1/namespaces/default/configmaps',
        body: () => body.promise.then(() => Buffer.from(JSON.stringify(configMap(`slow-${i}`)))),
      })),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect((await server.user('bob').get('/api/v1/namespaces')).status).toBe(200);
    expect((await server.user('alice').get('/api/v1/namespaces')).status).toBe(200);
    const watch = await server.user('alice').watch('/api/v1/namespaces');
    await watch.close();
    body.resolve();
    expect(new Set((await slow).map(({ status }) => status))).toEqual(new Set([201]));
  });
});
