import { PassThrough } from 'node:stream';
import { grant, letIn, type RunningServer, startServer } from '@canopy/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CommandLine } from '../testing/command-line.ts';

let server: RunningServer;
let line: CommandLine;

beforeAll(async () => {
  server = await startServer({ users: [{ name: 'alice' }] });
  const setUp = new CommandLine(`${server.rootDirectory}/admin.kubeconfig`);
  await setUp.output('create-workspace', 'org');
  for (const name of ['a', 'b']) await setUp.output('create-workspace', name, '-w', 'org', '--type', 'universal');
  setUp.dispose();
});
afterAll(() => server.stop());

beforeEach(() => {
  line = new CommandLine(`${server.rootDirectory}/admin.kubeconfig`);
});
afterEach(() => line.dispose());

const asAlice = ['--token', 'token-of-alice'];

describe('going to a workspace', () => {
  it('moves one context about and keeps another of where it was', async () => {
    expect(await line.output('ws', 'org')).toBe("Current workspace is 'root:org' (type root:organization).\n");
    expect(await line.output('ws', './a')).toBe("Current workspace is 'root:org:a' (type root:universal).\n");
    expect(await line.output('ws', '..:b', '--short')).toBe('root:org:b\n');
    expect(await line.output('ws', '-')).toBe("Current workspace is 'root:org:a' (type root:universal).\n");
    const { 'current-context': current, clusters, contexts } = await line.saved();
    const servers = Object.fromEntries(clusters.map(({ name, cluster }) => [name, cluster['server']]));
    expect(current).toBe('workspace.kcp.io/current');
    expect(servers).toMatchObject({
      'workspace.kcp.io/current': `${server.url}/clusters/root:org:a`,
      'workspace.kcp.io/previous': `${server.url}/clusters/root:org:b`,
      root: `${server.url}/clusters/root`,
    });
    for (const name of ['workspace.kcp.io/current', 'workspace.kcp.io/previous']) {
      expect(contexts.find((context) => context.name === name)?.context).toMatchObject({ user: 'kcp-admin' });
    }
  });

  it('keeps what else the kubeconfig says, and no field of an entry it replaces', async () => {
    await line.output('ws', 'org');
    const saved = await line.saved();
    const current = saved.clusters.find(({ name }) => name === 'workspace.kcp.io/current')!;
    delete current.cluster['certificate-authority-data'];
    current.cluster['insecure-skip-tls-verify'] = true;
    saved['extensions'] = [{ name: 'other', extension: { kept: true } }];
    line.write('kubeconfig', JSON.stringify(saved));
    await line.output('ws', '--context', 'root', 'org:b');
    const after = await line.saved();
    expect(after['extensions']).toEqual(saved['extensions']);
    const cluster = after.clusters.find(({ name }) => name === 'workspace.kcp.io/current')?.cluster;
    expect(cluster).not.toHaveProperty('insecure-skip-tls-verify');
    expect(cluster).toHaveProperty('certificate-authority-data');
    expect(await line.output('ws', 'current', '--short')).toBe('root:org:b\n');
  });

  it('brings back the user and the namespace of the previous context', async () => {
    const saved = await line.saved();
    saved.contexts.push({ name: 'shard', context: { cluster: 'root', user: 'shard-admin', namespace: 'n' } });
    line.write('kubeconfig', JSON.stringify({ ...saved, 'current-context': 'shard' }));
    await line.output('ws', 'org');
    await line.output('ws', '--context', 'root', 'org:a');
    await line.output('ws', '--context', 'shard', 'org');
    await line.output('ws', '-');
    await line.output('ws', '-');
    const { contexts } = await line.saved();
    expect(contexts.find(({ name }) => name === 'workspace.kcp.io/current')?.context).toEqual({
      cluster: 'workspace.kcp.io/current',
      user: 'shard-admin',
      namespace: 'n',
    });
  });

  it('takes the home folder, which the shell puts for ~, as the home workspace', async () => {
    const home = await line.output('ws', '~', '--short');
    expect(home).not.toBe('root\n');
    await line.output('ws', ':root');
    expect(await line.output('ws', line.folder, '--short')).toBe(home);
    const { err } = await line.run('ws');
    expect(err).toContain("Note: 'kubectl ws' now matches 'cd' semantics");
  });

  it('still understands root: without a colon before it, and says what to write', async () => {
    const { out, err } = await line.run('ws', 'root:org');
    expect(out).toContain("'root:org'");
    expect(err).toContain("Note: Using 'root:' to define an absolute path is no longer supported.");
    expect((await line.run('ws', 'use', 'root')).err).toContain('Note:');
    expect((await line.run('ws', ':root')).err).toBe('');
  });

  it.each([
    [['nope'], 'workspace "root:nope" not found'],
    [['org:nope'], 'workspace "root:org:nope" not found'],
    [['..'], 'cannot go up from root'],
    [['Nope'], 'invalid workspace path: Nope'],
    [['-'], 'no previous workspace found in kubeconfig'],
    [['--context', 'base', 'org'], 'does not point to a workspace'],
  ])('%j fails: %s, and changes nothing', async (args, message) => {
    const before = await line.saved();
    const { code, err, out } = await line.run('ws', ...args);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^Error: .*\n$/);
    expect(err).toContain(message);
    expect(await line.saved()).toEqual(before);
  });

  it('tells a workspace that is closed from one that is not there only to those who may look', async () => {
    const alice = ['--context', 'root', ...asAlice];
    expect((await line.run('ws', ...alice, ':root:org')).err).toBe('Error: access to workspace "root:org" denied\n');
    await letIn(server.admin, 'alice');
    const workspaces = { apiGroups: ['tenancy.kcp.io'], resources: ['workspaces'], verbs: ['get'] };
    await grant(server.admin, 'look', 'alice', [workspaces]);
    expect((await line.run('ws', ...alice, ':root:org')).err).toBe('Error: access to workspace "root:org" denied\n');
    expect((await line.run('ws', ...alice, ':root:no')).err).toBe('Error: workspace "root:no" not found\n');
  });

  it('prints a URL that is none of a workspace as it is', async () => {
    expect(await line.output('ws', '.', '--context', 'base')).toBe(`Current workspace is the URL "${server.url}".\n`);
    expect(await line.output('ws', '.', '--context', 'base', '--short')).toBe('');
  });
});

describe('the tree', () => {
  it('is drawn by names, by paths and with phases', async () => {
    const names = '.\n└── root\n    └── org\n        ├── a\n        └── b\n';
    expect(await line.output('ws', 'tree')).toBe(names);
    expect(await line.output('ws', 'tree', '-f', '-w', 'org')).toBe(
      '.\n└── root:org\n    ├── root:org:a\n    └── root:org:b\n',
    );
    expect(await line.output('ws', 'tree', '--wide', '-w', ':root:org')).toMatch(
      /^\.\n└── org +ws=- +lc=Ready\n {4}├── a +ws=Ready +lc=Ready\n {4}└── b +ws=Ready +lc=Ready\n$/,
    );
  });

  it('needs a workspace to start at', async () => {
    expect(await line.output('ws', 'tree', '--context', 'base')).toBe(
      `current context URL "${server.url}" does not point directly to a kcp workspace\n`,
    );
    expect(await line.run('ws', 'tree', '-w', ':root:nope')).toMatchObject({ code: 1, out: '' });
  });

  it('can be walked with keys', async () => {
    const input = new PassThrough();
    let screen = '';
    const waiting: { text: string; go(): void }[] = [];
    line.terminal = {
      input,
      size: () => ({ rows: 24, columns: 80 }),
      write(text) {
        screen = text;
        for (const wait of waiting.filter(({ text: wanted }) => screen.includes(wanted))) wait.go();
      },
    };
    const shows = (text: string): Promise<void> =>
      screen.includes(text) ? Promise.resolve() : new Promise((go) => waiting.push({ text, go }));
    const running = line.output('ws', '-i');
    await shows('▸ org');
    input.write('jl');
    await shows('▸ b');
    input.write('jj');
    await shows('\u001b[7m    ▸ b\u001b[0m');
    await shows('APIBindings: tenancy.kcp.io');
    input.write('\r');
    expect(await running).toContain("Current workspace is 'root:org:b'");
    expect(screen).not.toContain('▸');
    expect((await line.saved())['current-context']).toBe('workspace.kcp.io/current');
  });

  it('is not shown on a screen without a terminal', async () => {
    expect((await line.run('ws', 'tree', '-i')).err).toContain('interactive mode needs a terminal');
  });
});

describe('contexts', () => {
  it('are made for the current workspace, once unless told otherwise', async () => {
    await line.output('ws', 'org');
    expect(await line.output('ws', 'create-context')).toBe('Created context "root:org" and switched to it.\n');
    expect(await line.output('ws', 'create-context', 'x', '--keep-current')).toBe('Created context "x".\n');
    expect((await line.run('ws', 'create-context', 'x')).err).toBe(
      'Error: context "x" already exists in kubeconfig, use --overwrite to update it\n',
    );
    await line.output('ws', 'a');
    expect(await line.output('ws', 'create-context', 'x', '--overwrite')).toBe(
      'Updated context "x" and switched to it.\n',
    );
    expect(await line.output('ws', '.', '--short')).toBe('root:org:a\n');
  });

  it('of one workspace make a kubeconfig that stands by itself', async () => {
    const file = line.write('single', await line.output('canopy', 'kubeconfig', 'org/a', '--name', 'mine'));
    expect(await line.output('ws', '.', '--kubeconfig', file, '--short')).toBe('root:org:a\n');
    expect(await line.output('ws', '..', '--kubeconfig', file, '--short')).toBe('root:org\n');
    line.write('ca.pem', server.ca);
    const saved = await line.saved();
    for (const { cluster } of saved.clusters) {
      delete cluster['certificate-authority-data'];
      cluster['certificate-authority'] = 'ca.pem';
    }
    line.write('kubeconfig', JSON.stringify(saved));
    const printed = await line.output('canopy', 'kubeconfig', '.');
    expect(printed).toContain(`certificate-authority-data: ${Buffer.from(server.ca).toString('base64')}`);
    expect(printed).not.toContain('ca.pem');
  });
});
