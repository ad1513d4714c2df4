import {
  type AnyObject,
  type ApiAnswer,
  type ApiCaller,
  core,
  createWorkspace,
  grant,
  letIn,
  makeAdmin,
  type RunningServer,
  startServer,
  tenancy,
  workspaceObject,
} from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let server: RunningServer;
let org: ApiCaller;
let alice: ApiCaller;

beforeAll(async () => {
  server = await startServer({ users: [{ name: 'alice', groups: ['dev', 'eu'] }, { name: 'bob' }] });
  await createWorkspace(server.admin, 'org');
  org = server.admin.in('root:org');
  alice = server.user('alice').in('root:org');
  await letIn(org, 'alice');
  await grant(org, 'workspaces', 'alice', [{ apiGroups: ['tenancy.kcp.io'], resources: ['workspaces'], verbs: ['*'] }]);
});

afterAll(() => server.stop());

function workspaceType(name: string, spec: Record<string, unknown> = {}): Record<string, unknown> {
  return { apiVersion: 'tenancy.kcp.io/v1alpha1', kind: 'WorkspaceType', metadata: { name }, spec };
}

/** A type that extends `universal`, unless it is to extend something else: the organization allows no other children. */
const makeType = (at: ApiCaller, name: string, spec: Record<string, unknown> = {}): Promise<AnyObject> =>
  at.ok('POST', `${tenancy}/workspacetypes`, workspaceType(name, { extend: extending(), ...spec }));

function extending(...names: string[]): unknown {
  return { with: [{ name: 'universal', path: 'root' }, ...names.map((name) => ({ name, path: 'root:org' }))] };
}

const create = (at: ApiCaller, name: string, type?: { name: string; path?: string }): Promise<ApiAnswer> =>
  at.post(`${tenancy}/workspaces`, workspaceObject(name, type));

async function refusal(answer: Promise<ApiAnswer> | ApiAnswer): Promise<string> {
  const { status, text, json } = await answer;
  expect(status, text).toBe(403);
  return json().message;
}

describe('the type of a new workspace', () => {
  it('is what the type of the parent says when it is left out', async () => {
    const made = await create(org, 'defaulted');
    expect(made.json().spec).toMatchObject({ type: { name: 'universal', path: 'root' } });
  });

  it('is looked for in the parent, then in its ancestors, and told with the path where it was found', async () => {
    await makeType(org, 'local');
    await createWorkspace(org, 'deep');
    const made = await create(org.in('root:org:deep'), 'found', { name: 'local' });
    expect(made.json().spec).toMatchObject({ type: { name: 'local', path: 'root:org' } });
  });

  it('must exist', async () => {
    expect(await refusal(create(org, 'x', { name: 'nowhere' }))).toContain(
      'workspace type "nowhere" cannot be resolved',
    );
    const elsewhere = create(org, 'x', { name: 'local', path: 'root:none' });
    expect(await refusal(elsewhere)).toContain('workspace type "root:none:local" cannot be resolved');
  });

  it('is universal where the type of the parent does not say', async () => {
    await makeType(org, 'no-default');
    await createWorkspace(org, 'plain', { name: 'no-default' });
    const made = await create(org.in('root:org:plain'), 'child');
    expect(made.json().spec).toMatchObject({ type: { name: 'universal', path: 'root' } });
  });

  it('is limited by the parents that it allows and the children that its parent allows', async () => {
    expect(await refusal(create(org, 'x', { name: 'organization', path: 'root' }))).toContain(
      'workspace type root:organization only allows [root:root] parent workspaces, but parent type root:organization only implements [root:universal root:organization]',
    );
    expect(await refusal(create(server.admin, 'x', { name: 'home', path: 'root' }))).toContain(
      'workspace type root:home cannot have any parent',
    );
    await makeType(org, 'leaf', { limitAllowedChildren: { none: true } });
    await createWorkspace(org, 'leafy', { name: 'leaf' });
    expect(await refusal(create(org.in('root:org:leafy'), 'x', { name: 'universal', path: 'root' }))).toContain(
      'workspace type root:org:leaf cannot have any child',
    );
  });

  it('may not extend itself, however far around', async () => {
    await makeType(org, 'ring-a', { extend: extending('ring-b') });
    await makeType(org, 'ring-b', { extend: extending('ring-a') });
    expect(await refusal(create(org, 'x', { name: 'ring-a' }))).toContain(
      'circular dependency detected in workspace type root:org:ring-a: root:org:ring-a -> root:org:ring-b -> root:org:ring-a',
    );
  });

  it('may not extend what does not exist', async () => {
    await makeType(org, 'baseless', { extend: extending('gone') });
    expect(await refusal(create(org, 'x', { name: 'baseless' }))).toContain(
      'unable to find inherited workspace type root:org:gone',
    );
  });

  it('needs the verb use, for the type and for all that it extends', async () => {
    await makeType(org, 'gated-base');
    await makeType(org, 'gated', { extend: extending('gated-base') });
    const mayUse = (name: string): Promise<void> =>
      grant(org, `use-${name}`, 'alice', [
        { apiGroups: ['tenancy.kcp.io'], resources: ['workspacetypes'], resourceNames: [name], verbs: ['use'] },
      ]);
    const missing = (name: string): string =>
      `unable to use workspace type root:org:${name}: missing verb='use' permission on workspacetype`;
    expect(await refusal(create(alice, 'x', { name: 'gated' }))).toContain(missing('gated-base'));
    await mayUse('gated-base');
    expect(await refusal(create(alice, 'x', { name: 'gated' }))).toContain(missing('gated'));
    await mayUse('gated');
    expect((await create(alice, 'used', { name: 'gated' })).status).toBe(201);
  });

  it('brings its labels, which the creator may choose otherwise', async () => {
    await makeType(org, 'labelled', { additionalWorkspaceLabels: { tier: 'gold', zone: 'a' } });
    const object = workspaceObject('labelled', { name: 'labelled' });
    object.metadata.labels = { zone: 'mine' };
    const made = await org.ok('POST', `${tenancy}/workspaces`, object);
    expect(made.metadata.labels).toMatchObject({ tier: 'gold', zone: 'mine' });
  });

  it('keeps a workspace waiting until every initializer is done', async () => {
    await makeType(org, 'initialized', { initializer: true });
    const made = (await create(org, 'waiting', { name: 'initialized' })).json();
    expect(made.status).toMatchObject({ phase: 'Initializing', initializers: ['root:org:initialized'] });
    const logicalCluster = await org.in('root:org:waiting').ok('GET', `${core}/logicalclusters/cluster`);
    expect(logicalCluster.spec).toMatchObject({ initializers: ['root:org:initialized', 'system:apibindings'] });
    expect(logicalCluster.status).toMatchObject({ phase: 'Initializing', initializers: ['root:org:initialized'] });
    const labels = Object.keys(logicalCluster.metadata.labels ?? {});
    expect(labels.some((key) => key.startsWith('initializer.internal.kcp.io/'))).toBe(true);
  });

  it.each(['any', 'system'])('cannot be called %s', async (name) => {
    expect(await refusal(org.post(`${tenancy}/workspacetypes`, workspaceType(name)))).toContain('reserved');
  });

  it('is called root in root only', async () => {
    expect(await refusal(org.post(`${tenancy}/workspacetypes`, workspaceType('root')))).toContain(
      'root workspace type can only be created in root cluster',
    );
  });

  it('says where the types are that it refers to', async () => {
    const spec = { limitAllowedParents: { types: [{ name: 'organization' }] } };
    expect(await refusal(org.post(`${tenancy}/workspacetypes`, workspaceType('pathless', spec)))).toContain(
      '.spec.limitAllowedParents.types[0].path must be set',
    );
  });
});

describe('fields of a workspace that only the system sets', () => {
  it.each([
    ['spec.cluster', { cluster: 'stolen' }, 'spec.Cluster can only be set by system privileged users'],
    ['spec.URL', { URL: 'https://evil.example.com' }, 'spec.URL can only be set by system privileged users'],
  ])('%s is refused from its own admin', async (_field, spec, message) => {
    const object = { ...workspaceObject('x'), spec };
    expect(await refusal(org.post(`${tenancy}/workspaces`, object))).toContain(message);
    expect(await refusal(alice.post(`${tenancy}/workspaces`, object))).toContain(message);
  });

  it('do not change, and neither does the type', async () => {
    await createWorkspace(org, 'fixed');
    const at = `${tenancy}/workspaces/fixed`;
    for (const spec of [{ cluster: 'other' }, { URL: 'https://evil.example.com' }, { type: { name: 'team' } }]) {
      const answer = await org.patch(at, { spec });
      expect([403, 422], answer.text).toContain(answer.status);
    }
    for (const spec of [{ cluster: null }, { URL: null }, { type: null }]) {
      const answer = await org.patch(at, { spec });
      expect([403, 422], answer.text).toContain(answer.status);
    }
  });

  it('include the owner, whoever says otherwise', async () => {
    const object = workspaceObject('owned', { name: 'universal', path: 'root' });
    object.metadata.annotations = { 'experimental.tenancy.kcp.io/owner': '{"username":"bob"}' };
    const made = await alice.ok('POST', `${tenancy}/workspaces`, object);
    const owner = (of: AnyObject): unknown =>
      JSON.parse(of.metadata.annotations?.['experimental.tenancy.kcp.io/owner'] ?? '');
    expect(owner(made)).toMatchObject({ username: 'alice' });
    const changed = await alice.ok('PATCH', `${tenancy}/workspaces/owned`, {
      metadata: { annotations: { 'experimental.tenancy.kcp.io/owner': '{"username":"bob"}' } },
    });
    expect(owner(changed)).toMatchObject({ username: 'alice' });
    const inside = server.user('alice').in('root:org:owned');
    expect((await inside.get('/api/v1/namespaces')).status).toBe(200);
    expect((await server.user('bob').in('root:org:owned').get('/api/v1/namespaces')).status).toBe(403);
  });

  it.each(['Upper', 'a_b', '-a', 'a-', 'a.b', 'x'.repeat(64)])('a name like %j is refused', async (name) => {
    expect((await create(org, name)).status).toBe(422);
  });
});

describe('required groups of a logical cluster', () => {
  const annotation = 'authorization.kcp.io/required-groups';
  const at = `${core}/logicalclusters/cluster`;

  it('shut out whoever is in none of the alternatives, and are inherited', async () => {
    await createWorkspace(org, 'members');
    const members = org.in('root:org:members');
    await Promise.all([makeAdmin(members, 'alice'), makeAdmin(members, 'bob')]);
    const entry = async (user: string, cluster = 'root:org:members'): Promise<number> =>
      (await server.user(user).in(cluster).get('/api/v1/namespaces')).status;
    expect([await entry('alice'), await entry('bob')]).toEqual([200, 200]);

    const set = (value: string): Promise<AnyObject> =>
      server.master.in('root:org:members').ok('PATCH', at, { metadata: { annotations: { [annotation]: value } } });
    await set('dev,eu;auditors');
    expect([await entry('alice'), await entry('bob')]).toEqual([200, 403]);
    await set('dev,us;auditors');
    expect(await entry('alice')).toBe(403);
    await set('dev');

    const child = await createWorkspace(server.user('alice').in('root:org:members'), 'child');
    expect(child.metadata.annotations?.[annotation]).toBe('dev');
    await makeAdmin(server.master.in('root:org:members:child'), 'bob');
    expect([await entry('alice', 'root:org:members:child'), await entry('bob', 'root:org:members:child')]).toEqual([
      200, 403,
    ]);
  });

  it('cannot be chosen by who makes a workspace', async () => {
    const object = workspaceObject('grouped');
    object.metadata.annotations = { [annotation]: 'mine' };
    expect(await refusal(org.post(`${tenancy}/workspaces`, object))).toContain(
      'missing required groups annotation authorization.kcp.io/required-groups=',
    );
  });
});

describe('a LogicalCluster', () => {
  const at = `${core}/logicalclusters/cluster`;

  it('is not made or unmade by users', async () => {
    const own = await org.ok('GET', at);
    const copy = { apiVersion: own.apiVersion, kind: own.kind, metadata: { name: 'cluster' }, spec: {} };
    expect(await refusal(org.post(`${core}/logicalclusters`, copy))).toContain('LogicalCluster cannot be created');
    expect(await refusal(org.delete(at))).toContain('LogicalCluster cannot be deleted');
  });

  it('keeps its initializers, its creator and its finalizer', async () => {
    expect(await refusal(org.patch(at, { spec: { initializers: [] } }))).toContain('spec.initializers is immutable');
    expect(await refusal(org.patch(at, { spec: { createdBy: { username: 'bob' } } }))).toContain(
      'spec.createdBy is immutable',
    );
    expect(await refusal(org.patch(at, { metadata: { finalizers: [] } }))).toContain('removing the finalizer');
  });

  it('does not go back to an earlier phase or to new initializers', async () => {
    const status = (value: unknown): Promise<ApiAnswer> => org.patch(`${at}/status`, { status: value });
    expect(await refusal(status({ phase: 'Initializing' }))).toContain(
      'cannot transition from "Ready" to "Initializing"',
    );
    expect(await refusal(status({ initializers: ['root:org:initialized'] }))).toContain(
      'status.initializers must not grow',
    );
  });

  it('is not ready before its initializers are done', async () => {
    await makeType(org, 'stuck', { initializer: true });
    expect((await create(org, 'unfinished', { name: 'stuck' })).status).toBe(201);
    const inside = org.in('root:org:unfinished');
    expect(await refusal(inside.patch(`${at}/status`, { status: { phase: 'Ready' } }))).toContain(
      'status.initializers is not empty',
    );
    expect(
      await refusal(inside.patch(at, { metadata: { annotations: { 'core.kcp.io/inactive': 'true' } } })),
    ).toContain('LogicalCluster can only be marked inactive in phase "Ready", but is in phase "Initializing"');
  });
});
