import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issueAuthority, issueClient, type KeyedCertificate } from '../../packages/server/src/pki/issue.ts';
import { CanopyProcess, temporaryDirectory } from '../harness/canopy-process.ts';
import { eventually } from '../harness/poll.ts';
import { Rest } from '../harness/rest.ts';

const scratch = temporaryDirectory();
const day = 24 * 3600 * 1000;
let server: CanopyProcess;
let rest: Rest;
let authority: KeyedCertificate;
const connections: Rest[] = [];

beforeAll(async () => {
  authority = await issueAuthority({ name: 'users', notBefore: Date.now() - day, notAfter: Date.now() + day });
  const ca = path.join(scratch.path, 'ca.pem');
  writeFileSync(ca, authority.cert);
  const tokens = path.join(scratch.path, 'tokens.csv');
  writeFileSync(tokens, 'carol-token,carol,uid-carol,"team-a,team-b"\n');
  server = await CanopyProcess.start({ flags: ['--token-auth-file', tokens, '--client-ca-file', ca] });
  rest = Rest.connect(server, 'root');
  for (const name of ['mine', 'sibling'])
    await rest.ok('POST', '/apis/tenancy.kcp.io/v1alpha1/workspaces', { metadata: { name } });
});
afterAll(async () => {
  for (const connection of [rest, ...connections]) connection.close();
  await server.dispose();
  scratch.remove();
});

function connect(access: Parameters<typeof Rest.connect>[2], cluster = 'root'): Rest {
  const connection = Rest.connect(server, cluster, access);
  connections.push(connection);
  return connection;
}

const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
const reviews = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

async function whoAmI(client: Rest): Promise<{ username?: string; groups?: string[] }> {
  const made = await client.ok('POST', reviews, review);
  return (made.status as { userInfo: { username?: string; groups?: string[] } }).userInfo;
}

describe('nobody', () => {
  it.each([
    '/clusters/root/api/v1/namespaces',
    '/clusters/root/apis',
    '/clusters/root/openapi/v3',
    '/clusters/*/api/v1/secrets',
    '/clusters/system:admin/api/v1/secrets',
    '/api/v1/namespaces',
    '/apis',
    '/metrics',
    '/services/apiexport/root/tenancy.kcp.io/clusters/*/apis',
    '/services/apiexport/root/tenancy.kcp.io/clusters/*/apis/tenancy.kcp.io/v1alpha1/workspaces',
    '/services/initializingworkspaces/root:universal/clusters/*/apis/core.kcp.io/v1alpha1/logicalclusters',
    '/services/terminatingworkspaces/root:universal/clusters/*/apis/core.kcp.io/v1alpha1/logicalclusters',
    '/services/replication/root/any/clusters/root/apis',
    '/services/cache/shards/*/clusters/*/apis',
    '/services/nothing',
  ])('gets nothing from %s', async (url) => {
    const anonymous = connect({ anonymous: true }, '');
    const answer = await anonymous.get(url);
    expect([401, 403, 404]).toContain(answer.status);
    expect(answer.text).not.toContain('"items"');
    expect(answer.text).not.toContain('"groups"');
  });

  it('is told to authenticate when the token is wrong', async () => {
    const answer = await connect({ token: 'wrong' }).get('/api/v1/namespaces');
    expect(answer.json()).toMatchObject({ code: 401, reason: 'Unauthorized' });
  });
});

describe('a client certificate', () => {
  const issued = (user: string, groups: string[], over: object = {}): Promise<KeyedCertificate> =>
    issueClient(authority, { user, groups, notBefore: Date.now() - day, notAfter: Date.now() + day, ...over });

  it('of the authority makes a user with groups', async () => {
    const client = connect({ certificate: await issued('dora', ['team-a', 'team-c']) });
    const who = await whoAmI(client);
    expect(who.username).toBe('dora');
    expect(who.groups).toEqual(expect.arrayContaining(['team-a', 'team-c', 'system:authenticated']));
  });

  it('of another authority is refused', async () => {
    const other = await issueAuthority({ name: 'users', notBefore: Date.now() - day, notAfter: Date.now() + day });
    const certificate = await issueClient(other, {
      user: 'eve',
      groups: ['system:masters'],
      notBefore: Date.now() - day,
      notAfter: Date.now() + day,
    });
    expect((await connect({ certificate }).get('/api/v1/namespaces')).status).toBe(401);
  });

  it('that has expired is refused', async () => {
    const certificate = await issued('dora', [], { notBefore: Date.now() - 2 * day, notAfter: Date.now() - day });
    expect((await connect({ certificate }).get('/api/v1/namespaces')).status).toBe(401);
  });
});

describe('headers that claim an identity', () => {
  const claims = {
    'x-remote-user': 'kcp-admin',
    'x-remote-group': 'system:masters',
    'x-remote-uid': '1',
    'x-remote-extra-authentication.kcp.io%2fscopes': 'cluster:root',
    'x-forwarded-user': 'kcp-admin',
    'x-kcp-internal-deep-subjectaccessreview': 'true',
  };

  it('are ignored', async () => {
    const carol = connect({ token: 'carol-token' });
    const made = await carol.request('POST', reviews, { body: review, headers: claims });
    expect(made.json().status).toMatchObject({ userInfo: { username: 'carol' } });
    expect(made.text).not.toContain('system:masters');
    expect((await carol.get('/api/v1/secrets', claims)).status).toBe(403);
    expect((await connect({ anonymous: true }).get('/api/v1/secrets', claims)).status).toBeGreaterThanOrEqual(401);
    expect(
      (await connect({ anonymous: true }, '').get('/services/cache/shards/*/clusters/*/apis', claims)).status,
    ).toBeGreaterThanOrEqual(401);
  });
});

describe('a ServiceAccount', () => {
  let token: string;
  beforeAll(async () => {
    const mine = rest.at('root:mine');
    await mine.ok('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'robot' } });
    const made = await mine.ok('POST', '/api/v1/namespaces/default/serviceaccounts/robot/token', {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {},
    });
    token = String(made.status.token);
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
    for (const name of ['mine', 'sibling']) {
      // The sibling grants to its own account of the same name: not to this one.
      await rest.at(`root:${name}`).ok('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
        metadata: { name: 'robot' },
        subjects: [{ kind: 'ServiceAccount', name: 'robot', namespace: 'default' }],
        roleRef,
      });
    }
  });

  it('works in its own workspace', async () => {
    const robot = rest.at('root:mine', token);
    await eventually(async () => (await robot.get('/api/v1/secrets')).status === 200, { what: 'the grant' });
    expect((await whoAmI(robot)).username).toBe('system:serviceaccount:default:robot');
  });

  it('is led to its own workspace by a path without one', async () => {
    const answer = await rest.at('', token).get('/api/v1/namespaces/default');
    expect([answer.status, answer.json().kind]).toEqual([200, 'Namespace']);
  });

  it.each(['root', 'root:sibling', 'system:admin', '*'])('gets nothing in %s', async (cluster) => {
    for (const url of ['/api/v1/secrets', '/api/v1/namespaces'])
      expect((await rest.at(cluster, token).get(url)).status).toBe(403);
  });

  it('ends with its account', async () => {
    await rest.at('root:mine').ok('DELETE', '/api/v1/namespaces/default/serviceaccounts/robot');
    await eventually(async () => (await rest.at('root:mine', token).get('/api/v1/secrets')).status === 401, {
      what: 'the end of the token',
    });
  });

  it('cannot be forged', async () => {
    const [header, payload, signature] = token.split('.') as [string, string, string];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const changed = Buffer.from(JSON.stringify({ ...claims, sub: 'system:serviceaccount:kube-system:admin' })).toString(
      'base64url',
    );
    const none = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
    for (const forged of [
      `${header}.${changed}.${signature}`,
      `${none}.${payload}.`,
      `${none}.${changed}.${signature}`,
    ]) {
      expect((await rest.at('root:mine', forged).get('/api/v1/secrets')).status).toBe(401);
    }
  });
});

describe('impersonation', () => {
  beforeAll(async () => {
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
    const subjects = [{ kind: 'User', name: 'carol', apiGroup: roleRef.apiGroup }];
    await rest.at('root:mine').ok('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: 'carol' },
      subjects,
      roleRef,
    });
    await eventually(async () => (await rest.at('root:mine', 'carol-token').get('/api/v1/secrets')).status === 200, {
      what: 'the grant',
    });
  });

  it('in the own workspace makes somebody else of its administrator', async () => {
    const carol = rest.at('root:mine', 'carol-token');
    const made = await carol.request('POST', reviews, { body: review, headers: { 'impersonate-user': 'dave' } });
    expect(made.status).toBe(403);
    expect((await carol.get('/api/v1/secrets', { 'impersonate-user': 'carol' })).status).toBe(200);
  });

  it.each([
    'system:masters',
    'system:kcp:admin',
    'system:kcp:logical-cluster-admin',
    'system:kcp:external-logical-cluster-admin',
    'system:kcp:tenancy:workspace-bootstrapper',
    'system:kcp:initializer:root:universal',
  ])('never reaches the group %s', async (group) => {
    const headers = { 'impersonate-user': 'carol', 'impersonate-group': group };
    expect((await rest.at('root:mine', 'carol-token').get('/api/v1/secrets', headers)).status).toBe(403);
    expect((await rest.at('root', 'carol-token').get('/api/v1/secrets', headers)).status).toBe(403);
  });

  it('does not lead out of the workspace', async () => {
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
    await rest.at('root:sibling').ok('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
      metadata: { name: 'frank' },
      subjects: [{ kind: 'User', name: 'frank', apiGroup: roleRef.apiGroup }],
      roleRef,
    });
    expect(
      (await rest.at('root:sibling', 'carol-token').get('/api/v1/secrets', { 'impersonate-user': 'frank' })).status,
    ).toBe(403);
    for (const extra of [
      'impersonate-extra-authentication.kcp.io%2fscopes',
      'impersonate-extra-authorization.kcp.io%2fwarrant',
    ]) {
      const value = extra.includes('warrant')
        ? JSON.stringify({ user: 'x', groups: ['system:masters'] })
        : 'cluster:root';
      const answer = await rest
        .at('root:mine', 'carol-token')
        .get('/apis/tenancy.kcp.io/v1alpha1/workspaces', { 'impersonate-user': 'nobody', [extra]: value });
      expect(answer.status).toBe(403);
    }
  });
});
