import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CanopyProcess, canopy, temporaryDirectory } from '../harness/canopy-process.ts';
import { Rest } from '../harness/rest.ts';

const scratch = temporaryDirectory();
afterAll(() => scratch.remove());

function freshPath(name: string): string {
  return path.join(scratch.path, name);
}

/** One line on standard error that names the program, and a failing exit code. */
function expectOneClearLine(result: { code: number | null; stdout: string; stderr: string }, words: RegExp): void {
  expect(result.stdout).toBe('');
  expect(result.stderr).toMatch(/^canopy: [^\n]+\n$/);
  expect(result.stderr).toMatch(words);
  expect(result.code).not.toBe(0);
}

describe('a started server', () => {
  let server: CanopyProcess;
  beforeAll(async () => {
    server = await CanopyProcess.start();
  });
  afterAll(() => server.dispose());

  it('says where it is, where the kubeconfig is and what to try', () => {
    expect(server.stdout).toMatch(/^Canopy is ready at https:\/\/127\.0\.0\.1:\d+\nKubeconfig: /);
    expect(server.stdout).toContain(`export KUBECONFIG=${server.kubeconfig}`);
    expect(server.stdout).toContain('kubectl get workspaces');
    expect(server.stderr).toBe('');
  });

  it('keeps keys and the kubeconfig to its user', () => {
    const secret = readdirSync(server.rootDirectory).filter((file) => /\.key$|kubeconfig$|token-store$/.test(file));
    expect(secret.sort()).toEqual(['.admin-token-store', 'admin.kubeconfig', 'ca.key', 'sa.key', 'serving.key']);
    for (const file of secret) expect(statSync(path.join(server.rootDirectory, file)).mode & 0o077).toBe(0);
  });

  it('lays the kubeconfig out as kcp does', () => {
    const text = readFileSync(server.kubeconfig, 'utf8');
    const names = (section: string): string[] => {
      const from = text.indexOf(`\n${section}:\n`);
      const body = text.slice(from + section.length + 2).split(/\n(?=\S)/)[0] as string;
      return [...body.matchAll(/- name: (\S+)/g)].map((match) => match[1] as string);
    };
    expect(names('clusters')).toEqual(['root', 'base', 'system:admin']);
    expect(names('users')).toEqual(['kcp-admin', 'shard-admin']);
    expect(names('contexts')).toEqual(['root', 'base', 'system:admin', 'shard-base']);
    expect(text).toContain('current-context: root');
    expect([...text.matchAll(/server: (\S+)/g)].map((match) => match[1])).toEqual([
      `${server.url}/clusters/root`,
      server.url,
      `${server.url}/clusters/system:admin`,
    ]);
  });

  it.each(['/healthz', '/livez', '/readyz'])('answers %s to anybody', async (endpoint) => {
    const anonymous = Rest.connect(server, '', { anonymous: true });
    const answer = await anonymous.get(endpoint);
    expect([answer.status, answer.text]).toEqual([200, 'ok']);
    anonymous.close();
  });

  it('refuses a second server on the same state and goes on', async () => {
    const second = await canopy(['start', '--root-directory', server.rootDirectory, '--secure-port', '0']);
    expectOneClearLine(second, /another|in use|locked/i);
    const rest = Rest.connect(server, 'root');
    expect((await rest.get('/api/v1/namespaces/default')).status).toBe(200);
    rest.close();
  });
});

describe('stopping', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'on %s ends with exit code 0, with watches open, and a restart finds everything',
    async (signal) => {
      const server = await CanopyProcess.start();
      try {
        const rest = Rest.connect(server, 'root');
        const made = await rest.ok('POST', '/api/v1/namespaces/default/configmaps', {
          metadata: { name: 'kept' },
          data: { a: '1' },
        });
        const token = server.adminToken('shard-admin');
        const watch = rest.open('GET', '/api/v1/configmaps?watch=true');
        watch.on('error', () => undefined).resume();
        await new Promise((resolve) => watch.once('response', resolve));
        expect(await server.end(signal)).toEqual({ code: 0, signal: null });
        expect(server.stderr).toBe('');
        rest.close();

        await server.startAgain();
        const again = Rest.connect(server, 'root');
        const found = await again.ok('GET', '/api/v1/namespaces/default/configmaps/kept');
        expect(found.metadata).toEqual(made.metadata);
        expect(server.adminToken('shard-admin')).toBe(token);
        const next = await again.ok('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'later' } });
        expect(Number(next.metadata.resourceVersion)).toBeGreaterThan(Number(made.metadata.resourceVersion));
        again.close();
      } finally {
        await server.dispose();
      }
    },
  );

  it('by SIGKILL loses nothing that was acknowledged, and needs no repair', async () => {
    const server = await CanopyProcess.start();
    try {
      const rest = Rest.connect(server, 'root');
      const made = await rest.ok('POST', '/apis/tenancy.kcp.io/v1alpha1/workspaces', {
        metadata: { name: 'survivor' },
      });
      await server.end('SIGKILL');
      await server.startAgain();
      const again = Rest.connect(server, 'root');
      expect((await again.ok('GET', '/apis/tenancy.kcp.io/v1alpha1/workspaces/survivor')).metadata.uid).toBe(
        made.metadata.uid,
      );
      expect((await again.at('root:survivor').get('/api/v1/namespaces/default')).status).toBe(200);
      again.close();
    } finally {
      await server.dispose();
    }
  });
});

describe('canopy start refuses, in one line and without touching anything,', () => {
  it('a taken port', async () => {
    const blocker = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker.once('listening', resolve));
    const { port } = blocker.address() as net.AddressInfo;
    const result = await canopy(['start', '--root-directory', freshPath('taken'), '--secure-port', String(port)]);
    blocker.close();
    expectOneClearLine(result, new RegExp(`port ${port} .* is taken`));
  });

  it('a file where the state directory should be', async () => {
    const file = freshPath('file');
    writeFileSync(file, 'mine');
    expectOneClearLine(await canopy(['start', '--root-directory', file, '--secure-port', '0']), /root directory/);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it('a path below a file', async () => {
    const file = freshPath('file-above');
    writeFileSync(file, 'mine');
    expectOneClearLine(
      await canopy(['start', '--root-directory', path.join(file, 'below'), '--secure-port', '0']),
      /root directory/,
    );
  });

  it('a database that is a text file', async () => {
    const directory = freshPath('text');
    mkdirSync(directory);
    writeFileSync(path.join(directory, 'canopy.db'), 'dear diary,\n'.repeat(1000));
    const before = readFileSync(path.join(directory, 'canopy.db'));
    expectOneClearLine(await canopy(['start', '--root-directory', directory, '--secure-port', '0']), /canopy\.db/);
    expect(readFileSync(path.join(directory, 'canopy.db'))).toEqual(before);
  });

  it('a database of another program', async () => {
    const directory = freshPath('foreign');
    mkdirSync(directory);
    const database = new DatabaseSync(path.join(directory, 'canopy.db'));
    database.exec("CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup')");
    database.close();
    const before = readFileSync(path.join(directory, 'canopy.db'));
    expectOneClearLine(await canopy(['start', '--root-directory', directory, '--secure-port', '0']), /canopy\.db/);
    expect(readFileSync(path.join(directory, 'canopy.db'))).toEqual(before);
  });

  it.each([
    ['an unknown flag', ['--frobnicate', 'yes'], /unknown flag --frobnicate/],
    ['an argument too many', ['now'], /unexpected argument "now"/],
    ['a flag without its value', ['--secure-port'], /--secure-port needs a value/],
    ['a port that is a word', ['--secure-port', 'http'], /--secure-port must be a number/],
    ['a port out of range', ['--secure-port=65536'], /--secure-port must be a number/],
    ['a negative port', ['--secure-port=-1'], /--secure-port must be a number/],
    ['an address that is none', ['--bind-address', 'localhost'], /--bind-address must be an IP address/],
    ['a shard name that is none', ['--shard-name', 'A_B'], /--shard-name must be a DNS label/],
    ['a log level that is none', ['--log-level', 'loud'], /--log-level must be one of/],
    [
      'a token file that is missing',
      ['--token-auth-file', '/nonexistent/tokens.csv'],
      /--token-auth-file: .*tokens\.csv/,
    ],
    ['a CA file that is missing', ['--client-ca-file', '/nonexistent/ca.pem'], /--client-ca-file: .*ca\.pem/],
    [
      'an audit policy that is missing',
      ['--audit-policy-file', '/nonexistent/policy.yaml'],
      /--audit-policy-file: .*policy\.yaml/,
    ],
  ])('%s', async (_name, flags, words) => {
    const directory = freshPath('untouched');
    expectOneClearLine(await canopy(['start', '--root-directory', directory, ...flags]), words);
    expect(existsSync(directory)).toBe(false);
  });

  it.each([
    ['a CA file without a certificate', 'client-ca-file', 'not a certificate'],
    ['a token file with a line that is none', 'token-auth-file', 'only-a-token\n'],
    ['an audit policy that is no YAML', 'audit-policy-file', 'a: [1'],
  ])('%s', async (_name, flag, text) => {
    const file = freshPath(`bad-${flag}`);
    writeFileSync(file, text);
    const flags = [
      `--${flag}`,
      file,
      ...(flag === 'audit-policy-file' ? ['--audit-log-path', freshPath('audit.log')] : []),
    ];
    const result = await canopy([
      'start',
      '--root-directory',
      freshPath(`dir-${flag}`),
      '--secure-port',
      '0',
      ...flags,
    ]);
    expectOneClearLine(result, new RegExp(`bad-${flag}`));
  });

  it('an address of another machine', async () => {
    const flags = ['--bind-address', '192.0.2.1', '--secure-port', '0'];
    expectOneClearLine(await canopy(['start', '--root-directory', freshPath('elsewhere'), ...flags]), /192\.0\.2\.1/);
  });

  it('an unknown command', async () => {
    const result = await canopy(['begin']);
    expect(result.code).not.toBe(0);
    expect(result.stderr).toContain('begin');
    expect(result.stdout).toBe('');
  });
});

describe('settings', () => {
  it('come from the environment, and flags win over it', async () => {
    const other = freshPath('by-flag');
    const server = await CanopyProcess.start({
      rootDirectory: other,
      env: { CANOPY_ROOT_DIRECTORY: freshPath('by-env'), CANOPY_SHARD_NAME: 'amber' },
    });
    try {
      expect(existsSync(path.join(other, 'canopy.db'))).toBe(true);
      expect(existsSync(freshPath('by-env'))).toBe(false);
      const rest = Rest.connect(server, 'root');
      const shards = await rest.ok('GET', '/apis/core.kcp.io/v1alpha1/shards');
      expect(shards.items.map((shard) => shard.metadata.name)).toEqual(['amber']);
      rest.close();
    } finally {
      await server.dispose();
    }
  });

  it('that are wrong in the environment are refused like flags', async () => {
    const result = await canopy(['start', '--root-directory', freshPath('env')], { env: { CANOPY_SECURE_PORT: 'x' } });
    expectOneClearLine(result, /--secure-port must be a number/);
  });

  it('shown by --help are exactly those that are understood', async () => {
    const { code, stdout } = await canopy(['start', '--help']);
    expect(code).toBe(0);
    const flags = [...stdout.matchAll(/^ {2}--([a-z-]+) /gm)].map((match) => match[1] as string);
    expect(flags).toContain('root-directory');
    for (const flag of flags) expect(stdout).toContain(`CANOPY_${flag.toUpperCase().replaceAll('-', '_')}`);
    const result = await canopy(['start', ...flags.map((flag) => `--${flag}=`), '--no-such-flag=1']);
    expect(result.stderr).toBe('canopy: unknown flag --no-such-flag; see canopy start --help\n');
  });

  it('do not matter to --version', async () => {
    expect((await canopy(['--version'])).stdout).toMatch(/^canopy \d+\.\d+\.\d+\S*\n$/);
  });
});
