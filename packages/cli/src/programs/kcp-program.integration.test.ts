import { conditionOf, createWorkspace, eventually, publish, type RunningServer, startServer } from '@canopy/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CommandLine } from '../testing/command-line.ts';

let server: RunningServer;
let line: CommandLine;
let identityHash: string;
let consumers = 0;

const apis = '/apis/apis.kcp.io/v1alpha2';
const universal = { name: 'universal', path: 'root' };

beforeAll(async () => {
  server = await startServer();
  for (const name of ['gears', 'provider']) await createWorkspace(server.admin, name, universal);
  const gears = server.admin.in('root:gears');
  await publish(gears, 'gears', [{ group: 'gears.test', plural: 'gears' }]);
  identityHash = await eventually(async () => {
    const { status } = await gears.ok('GET', `${apis}/apiexports/gears`);
    return (status as { identityHash?: string } | undefined)?.identityHash;
  });
  await publish(
    server.admin.in('root:provider'),
    'widgets',
    [{ group: 'widgets.test', plural: 'widgets' }],
    [
      { resource: 'secrets', verbs: ['get', 'list'] },
      { group: 'gears.test', resource: 'gears', identityHash },
    ],
  );
});
afterAll(() => server.stop());

/** Each test has a workspace of its own to bind in. */
beforeEach(async () => {
  const name = `consumer-${++consumers}`;
  await createWorkspace(server.admin, name, universal);
  line = new CommandLine(`${server.rootDirectory}/admin.kubeconfig`);
  await line.output('ws', name);
});
afterEach(() => line.dispose());

const reference = 'root:provider:widgets';
const bind = ['bind', 'apiexport', reference] as const;

async function bindingHere() {
  const here = server.admin.in((await line.output('ws', '.', '--short')).trim());
  return here.ok('GET', `${apis}/apibindings/widgets`);
}

describe('binding an export', () => {
  it('waits until its APIs are there', async () => {
    expect(await line.output('kcp', ...bind)).toBe(
      'apibinding widgets created. Waiting to successfully bind ...\nwidgets created and bound.\n',
    );
    const { err } = await line.run('ws', 'use', `:${(await line.output('ws', '.', '--short')).trim()}`);
    expect(err).toBe(
      'Warning: claim for secrets exported but not specified on APIBinding widgets\n' +
        "Add this claim to the APIBinding's Spec.\n" +
        'Warning: claim for gears.gears.test exported but not specified on APIBinding widgets\n' +
        "Add this claim to the APIBinding's Spec.\n",
    );
  });

  it('accepts all claims with their verbs and identities, so that they are valid', async () => {
    await line.output('kcp', ...bind, '--accept-all-permission-claims');
    const binding = await bindingHere();
    const selector = { matchAll: true };
    expect(binding.spec).toMatchObject({
      permissionClaims: [
        { group: '', resource: 'secrets', verbs: ['get', 'list'], selector, state: 'Accepted' },
        { group: 'gears.test', resource: 'gears', identityHash, verbs: ['*'], selector, state: 'Accepted' },
      ],
    });
    await eventually(async () => conditionOf(await bindingHere(), 'PermissionClaimsValid') === 'True');
  });

  it('answers single claims', async () => {
    await line.output(
      'canopy',
      ...bind,
      '--accept-permission-claim',
      'gears.gears.test',
      '--reject-permission-claim',
      'secrets.core',
    );
    expect(await line.output('kcp', 'claims', 'get', 'apibinding', 'widgets')).toMatch(
      /^APIBINDING +GROUP-RESOURCE +VERBS +STATUS\nwidgets +gears\.gears\.test +\* +Accepted\nwidgets +secrets +get,list +Rejected\n$/,
    );
    expect(await bindingHere()).toHaveProperty('spec.permissionClaims.0.identityHash', identityHash);
  });

  it.each([
    [[], '`root:ws:apiexport_object` reference to bind is required as an argument'],
    [['widgets'], 'fully qualified reference to workspace where APIExport exists is required. The format is '],
    [[reference, '--accept-permission-claim', 'secrets'], 'invalid permission claim "secrets"'],
    [
      [reference, '--accept-permission-claim', 'a.core', '--reject-permission-claim', 'b.core,a.core'],
      'accepted permission claim a.core conflicts with rejected permission claim a.core',
    ],
    [
      [reference, '--accept-all-permission-claims', '--reject-all-permission-claims'],
      'cannot use --accept-all-permission-claims and --reject-all-permission-claims together',
    ],
    [
      [reference, '--accept-all-permission-claims', '--reject-permission-claim', 'secrets.core'],
      'cannot use --accept-all-permission-claims and --reject-permission-claim together',
    ],
    [[reference, '--timeout', 'soon'], 'invalid duration "soon"'],
    [[reference, '--context', 'base'], 'does not point to workspace'],
  ])('%j fails: %s', async (args, message) => {
    const { code, out, err } = await line.run('kcp', 'bind', 'apiexport', ...args);
    expect([code, out]).toEqual([1, '']);
    expect(err).toContain(message);
  });
});

describe('claims', () => {
  it('are listed with those that nobody has answered, and answered one by one or all', async () => {
    await line.output('kcp', ...bind);
    await eventually(async () =>
      (await line.output('kcp', 'claims', 'get', 'apibinding')).match(/widgets +secrets +get,list +Unanswered/),
    );
    expect(await line.output('kcp', 'claims', 'accept', 'widgets', '--resource', 'secrets')).toBe(
      'claim "secrets" on APIBinding "widgets" is accepted\n',
    );
    expect(await line.output('kcp', 'claims', 'reject', 'widgets', '--identity-hash', identityHash)).toBe(
      `claim with identity hash "${identityHash}" on APIBinding "widgets" is rejected\n`,
    );
    expect(await line.output('kcp', 'claims', 'get', 'apibinding')).toMatch(
      /widgets +secrets +get,list +Accepted\nwidgets +gears\.gears\.test +\* +Rejected\n$/,
    );
    expect(await line.output('kcp', 'claims', 'accept', 'widgets')).toBe(
      'claim "secrets" on APIBinding "widgets" is accepted\nclaim "gears.gears.test" on APIBinding "widgets" is accepted\n',
    );
    await eventually(async () => conditionOf(await bindingHere(), 'PermissionClaimsValid') === 'True');
  });

  it('cannot be answered where there are none', async () => {
    expect((await line.run('kcp', 'claims', 'accept')).err).toBe('Error: error APIBinding name is missing\n');
    expect((await line.run('kcp', 'claims', 'reject', 'none')).err).toMatch(
      /^Error: error updating permission claim for APIBinding "none": .*not found\n$/,
    );
    await line.output('kcp', ...bind);
    expect((await line.run('kcp', 'claims', 'reject', 'widgets', '--resource', 'pods')).err).toBe(
      'Error: error updating permission claim for APIBinding "widgets": no claim matches\n',
    );
  });
});

describe('the quickstart', () => {
  it('makes a provider and a consumer, twice without harm, and removes them', async () => {
    const first = await line.output('kcp', 'quickstart', '--with-samples', '--enter');
    expect(first).toContain('Setting up "api-provider" scenario with prefix "quickstart"...\nStep 1/6: ');
    expect(first).toContain(
      '  Workspace "quickstart-consumer" created and ready at root:quickstart-org:quickstart-consumer\n',
    );
    expect(first).toContain('  APIBinding "cowboys" created and bound\n');
    expect(first).toContain("Quickstart complete! Here's what was created:");
    expect(await line.output('ws', '.', '--short')).toBe('root:quickstart-org:quickstart-consumer\n');
    const again = await line.output('kcp', 'quickstart');
    expect(again).toContain('  Workspace "quickstart-org" already exists at root:quickstart-org\n');
    expect(again).toContain('  APIBinding "cowboys" already exists\n');
    expect(await line.output('kcp', 'quickstart', '--cleanup')).toBe(
      'Cleaning up quickstart resources with prefix "quickstart"...\nCleanup complete.\n' +
        "Current workspace is 'root' (type root).\n",
    );
    expect((await line.run('ws', ':root:quickstart-org')).err).toContain('not found');
  });

  it('makes a tree of so many workspaces', async () => {
    const args = ['--scenario', 'workspaces', '--name-prefix', 't', '--tree-count', '6', '--tree-depth', '3'];
    await line.output('kcp', 'quickstart', ...args);
    const tree = await line.output('ws', 'tree', '--full', '-w', ':root:t-org');
    expect(tree.match(/root:t-org/g)).toHaveLength(6);
    await line.output('kcp', 'quickstart', '--cleanup', '--name-prefix', 't');
  });

  it('says where it looked when nobody answers', async () => {
    const { code, err } = await line.run('kcp', 'quickstart', '--server', 'https://127.0.0.1:1/clusters/root');
    expect(code).toBe(1);
    expect(err).toContain('Cannot reach kcp at https://127.0.0.1:1');
  });

  it('knows two scenarios', async () => {
    expect((await line.run('kcp', 'quickstart', '--scenario', 'x')).err).toContain('unknown scenario "x"');
  });
});

describe('completion', () => {
  const words = async (program: string, ...args: string[]) =>
    (await line.output(program, '__complete', ...args))
      .split('\n')
      .slice(0, -1)
      .map((text) => text.split('\t')[0]);

  it('goes on with paths of workspaces', async () => {
    await line.output('ws', ':root');
    expect(await words('ws', 'pr')).toEqual(['provider', ':6']);
    expect(await words('ws', 'use', ':root:g')).toEqual([':root:gears', ':6']);
    expect(await words('ws', 'provider:..:ge')).toEqual(['provider:..:gears', ':6']);
    expect(await words('ws', ':')).toEqual([':root', ':6']);
    expect(await words('kcp', 'claims', 'get', 'apibinding', '-w', 'ge')).toEqual(['gears', ':6']);
  });

  it('offers subcommands and options', async () => {
    expect(await words('ws', 'cur')).toEqual(['current', ':4']);
    expect(await words('ws', 'tree', '--f')).toEqual(['--full', ':4']);
    expect(await words('kcp', 'claims', '')).toEqual(['get', 'accept', 'reject', ':4']);
    expect(await words('kcp', 'quickstart', '--scenario', 'w')).toEqual(['workspaces', ':4']);
    expect(await words('kcp', 'crd', 'snapshot', '-f', '')).toEqual([':0']);
  });

  it('offers contexts, exports and bindings', async () => {
    await line.output('kcp', ...bind);
    expect(await words('ws', '--context', 'ba')).toEqual(['base', ':4']);
    expect(await words('ws', '--context=ba')).toEqual(['--context=base', ':4']);
    expect(await words('kcp', 'bind', 'apiexport', 'root:provider:')).toEqual(['root:provider:widgets', ':6']);
    expect(await words('kcp', 'claims', 'accept', 'wid')).toEqual(['widgets', ':4']);
    expect(await words('kcp', 'claims', 'accept', 'widgets', '')).toEqual([':4']);
  });

  it('offers nothing when there is nobody to ask', async () => {
    expect(await words('ws', '--server', 'https://127.0.0.1:1/clusters/root', 'x')).toEqual([':4']);
    expect(await words('ws', '--kubeconfig', 'missing', 'use', '')).toEqual([':4']);
  });
});
