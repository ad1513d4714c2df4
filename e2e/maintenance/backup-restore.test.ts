import { statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CanopyProcess, canopy, temporaryDirectory } from '../harness/canopy-process.ts';
import { currentKubectl } from '../harness/kubectl.ts';
import { eventually } from '../harness/poll.ts';
import { Rest } from '../harness/rest.ts';

const writers = 8;
const configMaps = '/api/v1/namespaces/default/configmaps';
let home: ReturnType<typeof temporaryDirectory>;
let server: CanopyProcess;

beforeAll(async () => {
  home = temporaryDirectory();
  server = await CanopyProcess.start();
});

afterAll(async () => {
  await server.dispose();
  home.remove();
});

interface Load {
  acknowledged: Map<string, string>;
  stop(): Promise<void>;
}

/** Creates config maps in the root workspace until it is stopped or the server is gone. */
function startLoad(prefix: string): Load {
  const acknowledged = new Map<string, string>();
  let stopped = false;
  const write = async (writer: number): Promise<void> => {
    const rest = Rest.connect(server, 'root');
    try {
      for (let i = 0; !stopped; i++) {
        const name = `${prefix}-${writer}-${i}`;
        const made = await rest.ok('POST', configMaps, { metadata: { name }, data: { text: 'x'.repeat(500) } });
        acknowledged.set(name, made.metadata.uid);
      }
    } catch (error) {
      if (!stopped) throw error;
    } finally {
      rest.close();
    }
  };
  const writing = Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  writing.catch(() => undefined);
  return {
    acknowledged,
    async stop() {
      stopped = true;
      await writing;
    },
  };
}

async function uids(of: CanopyProcess): Promise<Map<string, string>> {
  const rest = Rest.connect(of, 'root');
  const list = await rest.ok('GET', configMaps);
  rest.close();
  return new Map(list.items.map(({ metadata }) => [metadata.name, metadata.uid]));
}

describe('a backup of a server under load', () => {
  it('makes, elsewhere, a server with everything acknowledged before, for the same clients', async () => {
    const kubectl = currentKubectl({ server, cluster: 'root' });
    await kubectl.create({ apiVersion: 'tenancy.kcp.io/v1alpha1', kind: 'Workspace', metadata: { name: 'kept' } });
    const load = startLoad('load');
    await eventually(() => load.acknowledged.size > 300, { what: 'enough load' });
    const before = new Map(load.acknowledged);
    const file = path.join(home.path, 'one.backup');
    const made = await canopy(['backup', '--root-directory', server.rootDirectory, file]);
    expect(made).toMatchObject({ code: 0 });
    expect(made.stdout).toMatch(/revision \d+, \d+ objects, \d+ bytes\nsha256 [0-9a-f]{64}\n$/);
    const since = load.acknowledged.size - before.size;
    await load.stop();
    expect(since).toBeGreaterThan(0);
    expect(statSync(file).mode & 0o777).toBe(0o600);

    const last = Rest.connect(server, 'root');
    const handedOut = (await last.ok('GET', configMaps)).metadata.resourceVersion;
    last.close();
    const directory = path.join(home.path, 'elsewhere');
    expect(await canopy(['restore', '--root-directory', directory, file])).toMatchObject({ code: 0 });
    expect(await canopy(['fsck', '--root-directory', directory])).toMatchObject({ code: 0, stdout: '' });
    const token = server.adminToken('shard-admin');
    const authority = server.ca;
    const restored = await CanopyProcess.start({ rootDirectory: directory });
    try {
      const found = await uids(restored);
      expect([...before].filter(([name, uid]) => found.get(name) !== uid)).toEqual([]);
      expect(restored.ca).toBe(authority);
      expect(restored.adminToken('shard-admin')).toBe(token);
      const there = currentKubectl({ server: restored, cluster: 'root' });
      expect(await there.run(['get', 'workspace', 'kept', '-o', 'name'])).toContain('kept');
      await there.run(['create', 'configmap', 'after-the-restore']);
      await there.at('root:kept').run(['create', 'configmap', 'in-a-workspace']);
      const rest = Rest.connect(restored, 'root');
      const old = await rest.request('GET', `${configMaps}?watch=true&resourceVersion=${handedOut}`);
      expect(old.text).toContain('"code":410');
      const list = await rest.ok('GET', configMaps);
      expect(Number(list.metadata.resourceVersion)).toBeGreaterThan(Number(handedOut) + 1e8);
      rest.close();
      await restored.end('SIGTERM');
      expect(await canopy(['fsck', '--root-directory', directory])).toMatchObject({ code: 0, stdout: '' });
    } finally {
      await restored.dispose();
    }
  });

  it('is not restored over the running server', async () => {
    const file = path.join(home.path, 'two.backup');
    await canopy(['backup', '--root-directory', server.rootDirectory, file]);
    const refused = await canopy(['restore', '--force', '--root-directory', server.rootDirectory, file]);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain(`is in use by another process (pid ${server.pid})`);
    const repair = await canopy(['fsck', '--repair', '--root-directory', server.rootDirectory]);
    expect(repair).toMatchObject({ code: 2 });
    expect((await canopy(['backup', '--root-directory', server.rootDirectory, file])).code).toBe(2);
    expect((await uids(server)).size).toBeGreaterThan(300);
  });
});

describe('fsck', () => {
  it('finds nothing wrong while the server writes, nor after it was killed', async () => {
    const load = startLoad('killed');
    await eventually(() => load.acknowledged.size > 50, { what: 'enough load' });
    const running = await canopy(['fsck', '--root-directory', server.rootDirectory]);
    expect(running).toMatchObject({ code: 0, stdout: '' });
    const stopping = load.stop().catch(() => undefined);
    await server.end('SIGKILL');
    await stopping;
    const killed = await canopy(['fsck', '--root-directory', server.rootDirectory]);
    expect(killed).toMatchObject({ code: 0, stdout: '' });
    expect(killed.stderr).toContain('no problems');
    await server.startAgain();
    const found = await uids(server);
    expect([...load.acknowledged].filter(([name, uid]) => found.get(name) !== uid)).toEqual([]);
  });

  it('tells how it is used, and what is used wrongly', async () => {
    for (const command of ['backup', 'restore', 'fsck']) {
      const help = await canopy([command, '--help']);
      expect(help).toMatchObject({ code: 0, stderr: '' });
      expect(help.stdout).toContain(`Usage: canopy ${command}`);
      expect(await canopy([command, '--no-such-flag'])).toMatchObject({ code: 2, stdout: '' });
    }
    expect(await canopy(['backup'])).toMatchObject({ code: 2 });
    expect(await canopy(['restore', '--revision-jump', 'far', 'file'])).toMatchObject({ code: 2 });
    const empty = await canopy(['fsck', '--root-directory', path.join(home.path, 'nothing')]);
    expect(empty).toMatchObject({ code: 2, stdout: '' });
  });
});
