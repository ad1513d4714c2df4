import { type RunningServer, startServer } from '@canopy/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CommandLine } from '../testing/command-line.ts';

let server: RunningServer;
let line: CommandLine;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.stop());
beforeEach(() => {
  line = new CommandLine(`${server.rootDirectory}/admin.kubeconfig`);
});
afterEach(() => line.dispose());

describe('creating a workspace', () => {
  it('says how it goes and enters it on demand', async () => {
    expect(await line.output('create-workspace', 'one', '--type', 'root:Universal', '--enter')).toBe(
      'Workspace "one" (type root:universal) created. Waiting for it to be ready...\n' +
        'Workspace "one" (type root:universal) is ready to use.\n' +
        "Current workspace is 'root:one' (type root:universal).\n",
    );
  });

  it('tolerates an existing one of the same type only', async () => {
    await line.output('create-workspace', 'two', '--type', 'universal');
    expect(await line.run('create-workspace', 'two')).toMatchObject({
      code: 1,
      err: expect.stringContaining('already exists'),
    });
    const again = ['create-workspace', 'two', '--ignore-existing'] as const;
    expect(await line.output(...again)).toBe('Workspace "two" (type root:universal) already exists.\n');
    expect(await line.output(...again, '--type', ':root:universal')).toContain('already exists');
    expect((await line.run(...again, '--type', 'root:organization')).err).toBe(
      'Error: workspace "two" cannot be created with type root:organization, it already exists with different type root:universal\n',
    );
    expect((await line.run(...again, '--type', 'universal')).err).toBe(
      'Error: --ignore-existing must not be used with non-absolute type path\n',
    );
  });

  it('makes a context for it, and nothing at all when that name is taken', async () => {
    expect(await line.output('create-workspace', 'three', '--create-context', 'c3')).toContain(
      'Created context "c3".\n',
    );
    expect((await line.saved())['current-context']).toBe('root');
    expect((await line.run('create-workspace', 'four', '--create-context', 'c3')).err).toContain('already exists');
    expect((await line.run('ws', 'four')).err).toContain('not found');
    const args = ['three', '--ignore-existing', '--create-context', 'c3', '--enter'];
    expect(await line.output('create-workspace', ...args)).toContain('Updated context "c3" and switched to it.\n');
    expect(await line.output('ws', '.', '--short')).toBe('root:three\n');
  });

  it('hands a label selector for shards on', async () => {
    const args = ['placed', '--location-selector', 'name=root,region notin (mars, venus),!old'];
    await line.output('ws', 'create', ...args);
    const workspace = await server.admin.ok('GET', '/apis/tenancy.kcp.io/v1alpha1/workspaces/placed');
    expect(workspace.spec).toMatchObject({
      location: {
        selector: {
          matchLabels: { name: 'root' },
          matchExpressions: [
            { key: 'old', operator: 'DoesNotExist' },
            { key: 'region', operator: 'NotIn', values: ['mars', 'venus'] },
          ],
        },
      },
    });
    expect((await line.run('create-workspace', 'x', '--location-selector', 'a>1')).err).toContain('invalid value');
  });

  it('works below another workspace, and by its name in canopy', async () => {
    await line.output('canopy', 'create-workspace', 'below', '-w', ':root:one', '--type', 'universal');
    expect(await line.output('ws', 'one:below', '--short')).toBe('root:one:below\n');
  });
});
