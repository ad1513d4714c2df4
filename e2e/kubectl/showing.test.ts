import { spawn } from 'node:child_process';
import { beforeAll, expect, it } from 'vitest';
import type { Kubectl } from '../harness/kubectl.ts';
import { eventually } from '../harness/poll.ts';
import { configMap, describeEachKubectl } from './each-kubectl.ts';

describeEachKubectl(({ minor, cluster, kubectl }) => {
  let k: Kubectl;
  beforeAll(() => {
    k = kubectl();
  });

  it('shows namespaces and says what is missing', async () => {
    expect(await k.run(['get', 'ns'])).toMatch(/^NAME\s+STATUS\s+AGE\ndefault\s+Active/);
    expect(await k.fail(['get', 'configmap', 'nothing'])).toBe(
      'Error from server (NotFound): configmaps "nothing" not found\n',
    );
    expect(await k.fail(['get', 'nothings'])).toContain(`the server doesn't have a resource type "nothings"`);
  });

  it('lists in every format, sorted and selected', async () => {
    await k.run(['create', 'namespace', 'lists']);
    for (const [name, color] of [
      ['b', 'red'],
      ['a', 'red'],
      ['c', 'blue'],
    ] as const)
      await k.create(configMap(name, { a: name }, { color }), ['-n', 'lists']);
    const inLists = ['-n', 'lists', '-l', 'color'];
    expect(await k.run(['get', 'cm', ...inLists, '-o', 'name'])).toBe('configmap/a\nconfigmap/b\nconfigmap/c\n');
    expect(await k.run(['get', 'cm', ...inLists, '-o', 'jsonpath={.items[*].data.a}'])).toBe('a b c');
    expect(await k.run(['get', 'cm', ...inLists, '-o', 'custom-columns=N:.metadata.name,D:.data.a'])).toMatch(
      /^N\s+D\na\s+a\n/,
    );
    expect(await k.run(['get', 'cm', ...inLists, '-o', 'wide'])).toMatch(/^NAME\s+DATA\s+AGE/);
    expect(await k.run(['get', 'cm', ...inLists, '-o', 'yaml'])).toContain('kind: ConfigMap');
    expect(await k.run(['get', 'cm', ...inLists, '--sort-by=.metadata.labels.color', '-o', 'name'])).toMatch(
      /^configmap\/c\n/,
    );
    expect(await k.run(['get', 'cm', ...inLists, '--chunk-size=2', '-o', 'name'])).toBe(
      'configmap/a\nconfigmap/b\nconfigmap/c\n',
    );
    expect(await k.run(['get', 'cm', ...inLists, '--show-labels', '--no-headers'])).toMatch(/color=red/);
    expect(await k.run(['get', 'cm', '-n', 'lists', '-l', 'color in (blue)', '-o', 'name'])).toBe('configmap/c\n');
    expect(await k.run(['get', 'cm', '-n', 'lists', '--field-selector', 'metadata.name=b', '-o', 'name'])).toBe(
      'configmap/b\n',
    );
    expect(await k.run(['get', 'cm', '-A', '-l', 'color=blue'])).toMatch(/^NAMESPACE\s+NAME[\s\S]*lists\s+c/);
    expect(await k.fail(['get', 'cm', '-n', 'lists', '--field-selector', 'data.a=b'])).toMatch(
      /field label not supported|not a known field selector/,
    );
  });

  it('shows events', async () => {
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e1', namespace: 'default' },
      involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', name: 'applied', namespace: 'default' },
      reason: 'Tested',
      message: 'It was tested.',
      type: 'Normal',
      source: { component: 'e2e' },
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
      count: 1,
    };
    await k.create(event);
    expect(await k.run(['get', 'events'])).toMatch(/Normal\s+Tested\s+configmap\/applied\s+It was tested\./);
    if (minor >= 23) expect(await k.run(['events'])).toContain('Tested');
  });

  it('gets raw paths', async () => {
    const prefix = minor > 25 ? '' : `/clusters/${cluster}`;
    expect(JSON.parse(await k.run(['get', '--raw', `${prefix}/api/v1/namespaces/default`]))).toMatchObject({
      kind: 'Namespace',
    });
  });

  it('watches', async () => {
    const seen = await watched(k, ['get', 'cm', '--watch-only', '-o', 'name', '--request-timeout=20s'], async () => {
      await k.apply(configMap('watched', { t: String(Math.random()) }));
    });
    expect(seen).toContain('configmap/watched');
  });
});

/** Output of a watching command by the time that it shows something; `act` is repeated until then. */
async function watched(k: Kubectl, args: readonly string[], act: () => Promise<void>): Promise<string> {
  const { program, args: all, env } = k.command(args);
  const child = spawn(program, all, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString('utf8');
  });
  try {
    return await eventually(
      async () => {
        await act();
        return out !== '' && out;
      },
      { what: `output of kubectl ${args.join(' ')}` },
    );
  } finally {
    child.kill('SIGKILL');
  }
}
