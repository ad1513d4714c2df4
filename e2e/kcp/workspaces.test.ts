import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CanopyProcess, temporaryDirectory } from '../harness/canopy-process.ts';
import { currentKubectl, type Kubectl, kubectlMissing } from '../harness/kubectl.ts';
import { eventually } from '../harness/poll.ts';
import { type KubeJson, Rest } from '../harness/rest.ts';

const scratch = temporaryDirectory();
let server: CanopyProcess;
let rest: Rest;

beforeAll(async () => {
  const tokens = path.join(scratch.path, 'tokens.csv');
  writeFileSync(tokens, 'alice-token,alice,uid-alice\nbob-token,bob,uid-bob,"builders"\n');
  server = await CanopyProcess.start({ flags: ['--token-auth-file', tokens] });
  rest = Rest.connect(server, 'root');
});
afterAll(async () => {
  rest.close();
  await server.dispose();
  scratch.remove();
});

const workspaces = '/apis/tenancy.kcp.io/v1alpha1/workspaces';
const types = '/apis/tenancy.kcp.io/v1alpha1/workspacetypes';
const logicalCluster = '/apis/core.kcp.io/v1alpha1/logicalclusters/cluster';

/** Makes a workspace below `parent` and waits until it is Ready. */
async function workspace(parent: string, name: string, type?: string): Promise<KubeJson> {
  const spec = type === undefined ? {} : { type: { name: type, path: 'root' } };
  await rest.at(parent).ok('POST', workspaces, { metadata: { name }, spec });
  return ready(parent, name);
}

function ready(parent: string, name: string): Promise<KubeJson> {
  return eventually(
    async () => {
      const found = await rest.at(parent).ok('GET', `${workspaces}/${name}`);
      return found.status.phase === 'Ready' && found;
    },
    { what: `workspace ${parent}:${name} Ready` },
  );
}

describe('a workspace', () => {
  it('gets a cluster, a URL, a type and the phase Ready', async () => {
    const made = await workspace('root', 'first');
    expect(made.spec.cluster).toMatch(/^[a-z0-9]{16}$/);
    expect(made.spec.URL).toBe(`${server.url}/clusters/root:first`);
    expect(made.spec.type).toMatchObject({ path: 'root' });
    expect(made.metadata.finalizers).toContain('core.kcp.io/logicalcluster');
    expect(made.metadata.labels).toMatchObject({ 'tenancy.kcp.io/phase': 'Ready' });
  });

  it('is the same under its path and under the name of its cluster', async () => {
    const made = await workspace('root', 'both');
    await rest.at('root:both').ok('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'here' } });
    const byName = await rest.at(String(made.spec.cluster)).ok('GET', '/api/v1/namespaces/default/configmaps/here');
    const byPath = await rest.at('root:both').ok('GET', '/api/v1/namespaces/default/configmaps/here');
    expect(byName).toEqual(byPath);
  });

  it('has a LogicalCluster named cluster that knows path, owner and type', async () => {
    const made = await workspace('root', 'described', 'organization');
    const found = await rest.at('root:described').ok('GET', logicalCluster);
    expect(found.metadata.annotations).toMatchObject({
      'kcp.io/path': 'root:described',
      'internal.tenancy.kcp.io/type': 'root:organization',
    });
    expect(found.spec.owner).toMatchObject({
      resource: 'workspaces',
      name: 'described',
      cluster: 'root',
      uid: made.metadata.uid,
    });
    expect(found.status).toMatchObject({ phase: 'Ready', URL: `${server.url}/clusters/root:described` });
  });

  it('has the namespaces default and kube-system, and what a namespace needs', async () => {
    await workspace('root', 'furnished');
    const inside = rest.at('root:furnished');
    const namespaces = await inside.ok('GET', '/api/v1/namespaces');
    expect(namespaces.items.map((item) => item.metadata.name)).toEqual(
      expect.arrayContaining(['default', 'kube-system']),
    );
    await inside.ok('POST', '/api/v1/namespaces', { metadata: { name: 'fresh' } });
    for (const name of ['default', 'fresh']) {
      await eventually(() => inside.ok('GET', `/api/v1/namespaces/${name}/serviceaccounts/default`), {
        what: `the ServiceAccount of ${name}`,
      });
      await eventually(() => inside.ok('GET', `/api/v1/namespaces/${name}/configmaps/kube-root-ca.crt`), {
        what: `the CA of ${name}`,
      });
    }
  });

  it('shares nothing with its siblings, its parent and its children', async () => {
    await workspace('root', 'left', 'organization');
    await workspace('root', 'right', 'organization');
    await workspace('root:left', 'below');
    const names = ['root', 'root:left', 'root:right', 'root:left:below'];
    const path = '/api/v1/namespaces/default/configmaps';
    for (const name of names)
      await rest.at(name).ok('POST', path, { metadata: { name: 'same' }, data: { where: name } });
    const uids = new Set<string>();
    for (const name of names) {
      const found = await rest.at(name).ok('GET', `${path}/same`);
      expect(found.data).toEqual({ where: name });
      uids.add(found.metadata.uid);
    }
    expect(uids.size).toBe(names.length);
    await rest.at('root:left').ok('DELETE', `${path}/same`);
    expect((await rest.at('root:right').get(`${path}/same`)).status).toBe(200);
    const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
    await rest.at('root:left').ok('POST', roles, { metadata: { name: 'only-left' }, rules: [] });
    expect((await rest.at('root:right').get(`${roles}/only-left`)).status).toBe(404);
  });

  it('may be one of many levels', async () => {
    let parent = 'root';
    for (let level = 0; level < 5; level++) {
      await workspace(parent, `level-${level}`, level === 0 ? 'organization' : 'universal');
      parent = `${parent}:level-${level}`;
    }
    const found = await rest.at(parent).ok('GET', logicalCluster);
    expect(found.metadata.annotations).toMatchObject({ 'kcp.io/path': parent });
  });

  it.each([
    ['a name with capitals', { metadata: { name: 'Upper' } }],
    ['a name with a colon', { metadata: { name: 'a:b' } }],
    ['a name of 64 characters', { metadata: { name: 'a'.repeat(64) } }],
    ['a name with a dot', { metadata: { name: 'a.b' } }],
    ['a type that is a string', { metadata: { name: 'typed' }, spec: { type: 'universal' } }],
  ])('with %s is refused', async (_name, body) => {
    const answer = await rest.post(workspaces, body);
    expect([400, 403, 422]).toContain(answer.status);
    expect(answer.json().kind).toBe('Status');
  });

  it('keeps its type, its cluster and its URL', async () => {
    await workspace('root', 'fixed');
    for (const spec of [{ type: { name: 'elsewhere' } }, { cluster: 'other' }, { URL: 'https://example.com' }]) {
      const answer = await rest.patch(`${workspaces}/fixed`, { spec });
      expect([403, 422]).toContain(answer.status);
    }
  });
});

describe('a workspace type', () => {
  it('that does not exist cannot be used', async () => {
    const answer = await rest.post(workspaces, { metadata: { name: 'typeless' }, spec: { type: { name: 'nothing' } } });
    expect(answer.json()).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message: expect.stringMatching(/workspace type .*nothing.* cannot be resolved/),
    });
  });

  it('is looked for from the parent upwards', async () => {
    await workspace('root', 'makers', 'organization');
    await workspace('root:makers', 'team', 'universal');
    await rest
      .at('root:makers')
      .ok('POST', types, { metadata: { name: 'special' }, spec: { additionalWorkspaceLabels: { kind: 'special' } } });
    await rest
      .at('root:makers:team')
      .ok('POST', workspaces, { metadata: { name: 'mine' }, spec: { type: { name: 'special' } } });
    const made = await ready('root:makers:team', 'mine');
    expect(made.spec.type).toEqual({ name: 'special', path: 'root:makers' });
    expect(made.metadata.labels).toMatchObject({ kind: 'special' });
  });

  it('organization is not allowed below organization', async () => {
    await workspace('root', 'acme', 'organization');
    const answer = await rest
      .at('root:acme')
      .post(workspaces, { metadata: { name: 'sub' }, spec: { type: { name: 'organization', path: 'root' } } });
    expect(answer.json()).toMatchObject({ code: 403, reason: 'Forbidden' });
    expect(answer.json().message).toMatch(/only allows|cannot have any/);
  });

  it('with limits lets in only what it names, its extensions too', async () => {
    await workspace('root', 'limits', 'universal');
    const at = rest.at('root:limits');
    const extend = { with: [{ name: 'universal', path: 'root' }] };
    const here = (name: string): object => ({ name, path: 'root:limits' });
    await at.ok('POST', types, { metadata: { name: 'leaf' }, spec: { extend, limitAllowedChildren: { none: true } } });
    await at.ok('POST', types, { metadata: { name: 'leaf-plus' }, spec: { extend: { with: [here('leaf')] } } });
    await at.ok('POST', types, {
      metadata: { name: 'picky' },
      spec: { extend, limitAllowedChildren: { types: [here('leaf')] } },
    });
    const child = (parent: string, name: string, type: object): ReturnType<Rest['post']> =>
      rest.at(parent).post(workspaces, { metadata: { name }, spec: { type } });
    expect((await child('root:limits', 'p', here('picky'))).status).toBe(201);
    await ready('root:limits', 'p');
    expect((await child('root:limits:p', 'l', here('leaf'))).status).toBe(201);
    expect((await child('root:limits:p', 'lp', here('leaf-plus'))).status).toBe(201);
    expect((await child('root:limits:p', 'u', { name: 'universal', path: 'root' })).status).toBe(403);
    await ready('root:limits:p', 'lp');
    expect((await child('root:limits:p:lp', 'u', { name: 'universal', path: 'root' })).json().message).toMatch(
      /cannot have any child/,
    );
  });
});

describe('somebody who is no administrator', () => {
  it('cannot tell a workspace that is forbidden from one that does not exist', async () => {
    await workspace('root', 'secret');
    const answers: unknown[] = [];
    for (const cluster of [
      'root:secret',
      'root:nowhere',
      'root:secret:below',
      'nowhere',
      'root:secret:below:further',
    ]) {
      for (const [method, url] of [
        ['GET', '/api/v1/namespaces'],
        ['GET', '/apis'],
        ['GET', '/api/v1/namespaces/default/configmaps/a'],
        ['POST', '/api/v1/namespaces'],
        ['DELETE', '/api/v1/namespaces/default'],
      ] as const) {
        const answer = await rest
          .at(cluster, 'alice-token')
          .request(method, url, method === 'POST' ? { body: {} } : {});
        const headers = Object.keys(answer.headers).sort();
        answers.push([method, url, answer.status, answer.text, headers]);
      }
    }
    const perCluster = 5;
    for (let i = perCluster; i < answers.length; i++) expect(answers[i]).toEqual(answers[i % perCluster]);
    expect((answers[0] as unknown[])[2]).toBe(403);
  });

  it('may be given access, and then only what RBAC says', async () => {
    await workspace('root', 'shared');
    const at = rest.at('root:shared');
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    const subjects = [{ kind: 'User', name: 'alice', apiGroup: 'rbac.authorization.k8s.io' }];
    const bind = (name: string): object => ({
      metadata: { name },
      subjects,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
    });
    const alice = rest.at('root:shared', 'alice-token');
    await at.ok('POST', `${rbac}/clusterroles`, {
      metadata: { name: 'reader' },
      rules: [{ apiGroups: [''], resources: ['configmaps'], verbs: ['list'] }],
    });
    await at.ok('POST', `${rbac}/clusterrolebindings`, bind('reader'));
    expect((await alice.get('/api/v1/configmaps')).status).toBe(403);
    await at.ok('POST', `${rbac}/clusterroles`, {
      metadata: { name: 'enter' },
      rules: [{ nonResourceURLs: ['/'], verbs: ['access'] }],
    });
    await at.ok('POST', `${rbac}/clusterrolebindings`, bind('enter'));
    await eventually(async () => (await alice.get('/api/v1/configmaps')).status === 200, { what: 'access' });
    expect((await alice.get('/api/v1/secrets')).json()).toMatchObject({ code: 403, reason: 'Forbidden' });
    await at.ok('DELETE', `${rbac}/clusterrolebindings/enter`);
    await eventually(async () => (await alice.get('/api/v1/configmaps')).status === 403, { what: 'the end of access' });
  });

  it('becomes administrator of the workspaces that they make', async () => {
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    const rules = [
      { apiGroups: ['tenancy.kcp.io'], resources: ['workspaces'], verbs: ['create', 'get'] },
      { apiGroups: ['tenancy.kcp.io'], resources: ['workspacetypes'], verbs: ['use'] },
    ];
    await rest.ok('POST', `${rbac}/clusterroles`, { metadata: { name: 'maker' }, rules });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'maker' };
    await rest.ok('POST', `${rbac}/clusterrolebindings`, {
      metadata: { name: 'maker' },
      subjects: [{ kind: 'User', name: 'bob', apiGroup: roleRef.apiGroup }],
      roleRef,
    });
    const bob = rest.at('root', 'bob-token');
    await eventually(async () => (await bob.post(workspaces, { metadata: { name: 'bobs' } })).status === 201, {
      what: 'bob makes a workspace',
    });
    await ready('root', 'bobs');
    expect((await rest.at('root:bobs', 'bob-token').get('/api/v1/secrets')).status).toBe(200);
    expect((await rest.at('root:bobs', 'alice-token').get('/api/v1/secrets')).status).toBe(403);
    expect((await bob.post(workspaces, { metadata: { name: 'forced' }, spec: { cluster: 'root' } })).status).toBe(403);
  });

  it('has a home of their own', async () => {
    const home = await eventually(
      async () => {
        const answer = await rest.at('root', 'alice-token').get(`${workspaces}/~`);
        return answer.status === 200 ? answer.json<KubeJson>() : undefined;
      },
      { what: 'the home' },
    );
    expect(home.spec.cluster).toBe('v1u4alow0iv9');
    expect(home.status.phase).toBe('Ready');
    const inside = rest.at('user:alice', 'alice-token');
    await inside.ok('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'mine' } });
    expect((await rest.at('user:alice', 'bob-token').get('/api/v1/namespaces/default/configmaps/mine')).status).toBe(
      403,
    );
    expect(
      (await rest.at('v1u4alow0iv9', 'alice-token').get('/api/v1/namespaces/default/configmaps/mine')).status,
    ).toBe(200);
  });
});

describe('deleting a workspace', () => {
  it('takes its content and everything below with it', async () => {
    await workspace('root', 'doomed', 'organization');
    const child = await workspace('root:doomed', 'child', 'universal');
    await rest
      .at('root:doomed:child')
      .ok('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'inside' } });
    await rest.ok('DELETE', `${workspaces}/doomed`);
    await eventually(async () => (await rest.get(`${workspaces}/doomed`)).status === 404, {
      what: 'the end of the workspace',
      within: 30_000,
    });
    expect((await rest.at('root:doomed').get('/api/v1/namespaces')).status).toBe(403);
    expect((await rest.at(String(child.spec.cluster)).get('/api/v1/namespaces')).status).toBe(403);
    const left = await rest.at('*', server.adminToken('shard-admin')).ok('GET', '/api/v1/configmaps');
    expect(left.items.map((item) => item.metadata.name)).not.toContain('inside');
  });

  it('leaves its name for another, which is empty', async () => {
    const first = await workspace('root', 'again');
    await rest.at('root:again').ok('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'old' } });
    await rest.ok('DELETE', `${workspaces}/again`);
    await eventually(async () => (await rest.get(`${workspaces}/again`)).status === 404, {
      what: 'the end of the workspace',
      within: 30_000,
    });
    const second = await workspace('root', 'again');
    expect(second.spec.cluster).not.toBe(first.spec.cluster);
    expect((await rest.at('root:again').get('/api/v1/namespaces/default/configmaps/old')).status).toBe(404);
  });

  it('is not done by deleting its LogicalCluster', async () => {
    await workspace('root', 'guarded');
    expect((await rest.at('root:guarded').delete(logicalCluster)).status).toBe(403);
  });
});

describe.skipIf(kubectlMissing)('kubectl', () => {
  let kubectl: Kubectl;
  beforeAll(() => {
    kubectl = currentKubectl({ server, cluster: 'root' });
  });

  it('makes a workspace from YAML, waits for it and shows it', async () => {
    await kubectl.apply(
      'apiVersion: tenancy.kcp.io/v1alpha1\nkind: Workspace\nmetadata:\n  name: by-yaml\nspec:\n  type:\n    name: universal\n    path: root\n',
    );
    await kubectl.run(['wait', '--for=jsonpath={.status.phase}=Ready', 'workspace/by-yaml', '--timeout=20s']);
    const table = await kubectl.run(['get', 'ws', 'by-yaml']);
    expect(table).toMatch(/^NAME\s+TYPE\s+REGION\s+PHASE\s+URL\s+AGE\n/);
    expect(table).toContain(`${server.url}/clusters/root:by-yaml`);
    expect(await kubectl.at('root:by-yaml').run(['get', 'namespaces', '-o', 'name'])).toContain('namespace/default');
    await kubectl.run(['delete', 'workspace', 'by-yaml', '--timeout=30s']);
    expect(await kubectl.fail(['get', 'workspace', 'by-yaml'])).toContain('NotFound');
  });

  it('is told plainly of a workspace that it may not enter', async () => {
    const message = await kubectl.at('root:nowhere', 'alice-token').fail(['get', 'configmaps']);
    expect(message).toMatch(/Forbidden|forbidden/);
  });
});
