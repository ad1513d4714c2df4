import { spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CanopyProcess, temporaryDirectory } from '../harness/canopy-process.ts';
import { type Kubectl, kubectlVersions, openKubectl } from '../harness/kubectl.ts';
import { eventually } from '../harness/poll.ts';
import { type KubeJson, Rest } from '../harness/rest.ts';

const scratch = temporaryDirectory();
let server: CanopyProcess;
let rest: Rest;

beforeAll(async () => {
  server = await CanopyProcess.start();
  rest = Rest.connect(server, 'root');
});
afterAll(async () => {
  rest.close();
  await server.dispose();
  scratch.remove();
});

const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.io' },
  spec: {
    group: 'example.io',
    names: {
      plural: 'widgets',
      singular: 'widget',
      kind: 'Widget',
      listKind: 'WidgetList',
      shortNames: ['wd'],
      categories: ['all'],
    },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size', description: 'How large.' },
        ],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            description: 'A widget of the example.',
            properties: {
              spec: {
                type: 'object',
                description: 'What is wanted.',
                properties: { size: { type: 'integer', description: 'Size in inches.' } },
              },
            },
          },
        },
      },
    ],
  },
};

for (const { name: title, minor, tool } of kubectlVersions()) {
  describe.skipIf(!tool.found)(title, () => {
    let k: Kubectl;

    /** One organisation per version, so that both use the same names. */
    const cluster = `kubectl-${minor}`;
    beforeAll(async () => {
      await rest.ok('POST', '/apis/tenancy.kcp.io/v1alpha1/workspaces', { metadata: { name: cluster } });
      k = openKubectl(tool, { server, cluster: `root:${cluster}` });
      await eventually(async () => (await rest.at(`root:${cluster}`).get('/api/v1/namespaces/default')).status === 200);
    });

    const cm = (name: string, data: Record<string, string> = { a: '1' }, labels?: Record<string, string>): object => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, labels },
      data,
    });
    const get = (name: string): Promise<KubeJson> => k.json<KubeJson>(['get', 'configmap', name]);

    it('shows namespaces and says what is missing', async () => {
      expect(await k.run(['get', 'ns'])).toMatch(/^NAME\s+STATUS\s+AGE\ndefault\s+Active/);
      expect(await k.fail(['get', 'configmap', 'nothing'])).toBe(
        'Error from server (NotFound): configmaps "nothing" not found\n',
      );
      expect(await k.fail(['get', 'nothings'])).toContain(`the server doesn't have a resource type "nothings"`);
    });

    it.each([
      ['namespace', ['made']],
      ['configmap', ['made', '--from-literal=a=b']],
      ['serviceaccount', ['made']],
      ['role', ['made', '--verb=get', '--resource=configmaps']],
      ['rolebinding', ['made', '--role=made', '--user=alice']],
      ['clusterrole', ['made', '--verb=get', '--resource=configmaps']],
      ['clusterrolebinding', ['made', '--clusterrole=made', '--user=alice']],
      ['quota', ['made', '--hard=configmaps=100']],
    ])('makes a %s by create', async (kind, args) => {
      expect(await k.run(['create', kind, ...args])).toMatch(/made created\n$/);
      expect(await k.fail(['create', kind, ...args])).toMatch(/already ?exists/i);
      expect(await k.run(['describe', kind, 'made'])).toMatch(/^Name:\s+made/m);
    });

    it('makes secrets and keeps their bytes', async () => {
      await k.run(['create', 'secret', 'generic', 'made', '--from-literal=password=s3cret']);
      expect(await k.run(['get', 'secret', 'made', '-o', 'jsonpath={.data.password}'])).toBe(
        Buffer.from('s3cret').toString('base64'),
      );
      expect(await k.run(['describe', 'secret', 'made'])).toContain('password:  6 bytes');
    });

    it('applies, changes and removes what is no longer there', async () => {
      expect(await k.apply(cm('applied', { a: '1', b: '2' }))).toContain('configmap/applied created');
      expect(await k.apply(cm('applied', { a: '1', b: '2' }))).toContain('unchanged');
      expect(await k.apply(cm('applied', { a: '3' }))).toContain('configured');
      expect((await get('applied')).data).toEqual({ a: '3' });
    });

    it('applies on the server, reports conflicts, and forces', async () => {
      expect(await k.apply(cm('ssa', { a: '1' }), ['--server-side', '--field-manager=one'])).toContain(
        'serverside-applied',
      );
      const conflict = await k.try(['apply', '--server-side', '--field-manager=two', '-f', '-'], {
        stdin: JSON.stringify(cm('ssa', { a: '2' })),
      });
      expect(conflict.stderr).toMatch(/conflict with "one".*\.data\.a/s);
      await k.apply(cm('ssa', { a: '2' }), ['--server-side', '--field-manager=two', '--force-conflicts']);
      expect((await get('ssa')).data).toEqual({ a: '2' });
      await k.apply(cm('ssa', { b: '1' }), ['--server-side', '--field-manager=one']);
      expect((await get('ssa')).data).toEqual({ a: '2', b: '1' });
    });

    it('prunes what a later apply leaves out', async () => {
      await k.apply([cm('keep', {}, { set: 'p' }), cm('drop', {}, { set: 'p' })]);
      await k.apply(
        [cm('keep', {}, { set: 'p' })],
        [
          '--prune',
          '-l',
          'set=p',
          minor > 25 ? '--prune-allowlist=core/v1/ConfigMap' : '--prune-whitelist=core/v1/ConfigMap',
        ],
      );
      expect(await k.run(['get', 'cm', '-l', 'set=p', '-o', 'name'])).toBe('configmap/keep\n');
    });

    it('shows what an apply would change', async () => {
      await k.apply(cm('diffed', { a: '1' }));
      const diff = await k.try(['diff', '-f', '-'], { stdin: JSON.stringify(cm('diffed', { a: '2' })) });
      expect(diff.stdout).toMatch(/-\s+a: "1"\n\+\s+a: "2"/);
      expect(diff.code).toBe(1);
      expect((await get('diffed')).data).toEqual({ a: '1' });
    });

    it('edits with an editor', async () => {
      const editor = path.join(scratch.path, 'editor.sh');
      writeFileSync(editor, '#!/bin/sh\nsed -i "s/before/after/" "$1"\n');
      chmodSync(editor, 0o755);
      await k.create(cm('edited', { a: 'before' }));
      expect(await k.run(['edit', 'configmap', 'edited'], { env: { EDITOR: editor } })).toContain('edited');
      expect((await get('edited')).data).toEqual({ a: 'after' });
    });

    it.each([
      ['strategic', '{"data":{"b":"2"}}', { a: '1', b: '2' }],
      ['merge', '{"data":{"a":null,"b":"2"}}', { b: '2' }],
      ['json', '[{"op":"replace","path":"/data/a","value":"2"}]', { a: '2' }],
    ])('patches by %s', async (type, patch, data) => {
      await k.create(cm(`patched-${type}`));
      await k.run(['patch', 'configmap', `patched-${type}`, `--type=${type}`, '-p', patch]);
      expect((await get(`patched-${type}`)).data).toEqual(data);
    });

    it('labels, annotates and replaces', async () => {
      await k.create(cm('marked'));
      await k.run(['label', 'cm', 'marked', 'color=red']);
      expect(await k.fail(['label', 'cm', 'marked', 'color=blue'])).toContain('--overwrite');
      await k.run(['label', 'cm', 'marked', 'color=blue', '--overwrite']);
      await k.run(['annotate', 'cm', 'marked', 'note=x']);
      expect((await get('marked')).metadata).toMatchObject({ labels: { color: 'blue' }, annotations: { note: 'x' } });
      await k.run(['label', 'cm', 'marked', 'color-']);
      await k.run(['replace', '-f', '-'], { stdin: JSON.stringify(cm('marked', { new: '1' })) });
      expect((await get('marked')).data).toEqual({ new: '1' });
    });

    it('lists in every format, sorted and selected', async () => {
      await k.run(['create', 'namespace', 'lists']);
      for (const [name, color] of [
        ['b', 'red'],
        ['a', 'red'],
        ['c', 'blue'],
      ] as const)
        await k.create(cm(name, { a: name }, { color }), ['-n', 'lists']);
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

    it('waits for a value and for an end', async () => {
      await k.create(cm('awaited'));
      if (minor >= 23) {
        const waiting = k.run(['wait', '--for=jsonpath={.data.a}=2', 'configmap/awaited', '--timeout=15s']);
        await k.run(['patch', 'cm', 'awaited', '--type=merge', '-p', '{"data":{"a":"2"}}']);
        expect(await waiting).toContain('condition met');
      }
      const waiting = k.try(['wait', '--for=delete', 'configmap/awaited', '--timeout=15s']);
      await k.run(['delete', 'cm', 'awaited']);
      // Whether it was still there when the wait began is a race; that it never waits in vain is not.
      const { code, stderr } = await waiting;
      expect(code === 0 || /NotFound|no matching resources found/.test(stderr), stderr).toBe(true);
      await k.create(cm('finalized'));
      await k.run([
        'patch',
        'cm',
        'finalized',
        '--type=merge',
        '-p',
        '{"metadata":{"finalizers":["example.io/hold"]}}',
      ]);
      await k.run(['delete', 'cm', 'finalized', '--wait=false']);
      expect((await get('finalized')).metadata.deletionTimestamp).toBeDefined();
      await k.run(['patch', 'cm', 'finalized', '--type=merge', '-p', '{"metadata":{"finalizers":null}}']);
      expect(await k.fail(['get', 'cm', 'finalized'])).toContain('NotFound');
    });

    it.each(['background', 'foreground', 'orphan'])('deletes with dependents by cascade %s', async (cascade) => {
      await k.create(cm(`owner-${cascade}`));
      const { uid } = (await get(`owner-${cascade}`)).metadata;
      const owned = cm(`owned-${cascade}`) as { metadata: object };
      await k.create({
        ...owned,
        metadata: {
          ...owned.metadata,
          ownerReferences: [
            { apiVersion: 'v1', kind: 'ConfigMap', name: `owner-${cascade}`, uid, blockOwnerDeletion: true },
          ],
        },
      });
      await k.run(['delete', 'cm', `owner-${cascade}`, `--cascade=${cascade}`, '--timeout=20s']);
      if (cascade === 'orphan') {
        const left = (await get(`owned-${cascade}`)) as KubeJson & { metadata: { ownerReferences?: unknown } };
        expect(left.metadata.ownerReferences).toBeUndefined();
        return;
      }
      await eventually(async () => (await k.try(['get', 'cm', `owned-${cascade}`])).code === 1, {
        what: 'the end of the dependent',
      });
    });

    it('tries without doing', async () => {
      expect(await k.create(cm('dry'), ['--dry-run=server'])).toContain('created (server dry run)');
      expect(await k.create(cm('dry'), ['--dry-run=client'])).toContain('created (dry run)');
      expect(await k.fail(['get', 'cm', 'dry'])).toContain('NotFound');
    });

    it('checks fields as told', async () => {
      const wrong = JSON.stringify({ ...cm('checked'), dada: {} });
      const strict = minor > 25 ? '--validate=strict' : '--validate=true';
      expect(await k.fail(['create', strict, '-f', '-'], { stdin: wrong })).toMatch(
        /unknown field "(io\.k8s\.api\.core\.v1\.ConfigMap\.)?dada"|unknown field.*dada/,
      );
      if (minor > 25)
        expect((await k.try(['create', '--validate=warn', '-f', '-'], { stdin: wrong })).stderr).toContain(
          'unknown field "dada"',
        );
      await k.run(['apply', '--validate=false', '-f', '-'], { stdin: wrong });
    });

    it('knows the APIs', async () => {
      const resources = await k.run(['api-resources']);
      expect(resources).toMatch(/^workspaces\s+ws\s+tenancy\.kcp\.io\/v1alpha1\s+false\s+Workspace$/m);
      expect(resources).toMatch(/^configmaps\s+cm\s+v1\s+true\s+ConfigMap$/m);
      expect(resources).not.toMatch(/^pods\b/m);
      expect(await k.run(['api-versions'])).toMatch(/^apis\.kcp\.io\/v1alpha1\napis\.kcp\.io\/v1alpha2$/m);
    });

    it('explains built-in and kcp kinds', async () => {
      expect(await k.run(['explain', 'configmap.data'])).toMatch(/Data contains|data/i);
      expect(await k.run(['explain', 'workspace.spec.type'])).toMatch(/name/);
      expect(await k.run(['explain', 'apibinding', '--recursive'])).toContain('permissionClaims');
      expect(await k.fail(['explain', 'configmap.nothing'])).toContain('does not exist');
    });

    it('uses and explains custom resources', async () => {
      await k.create(crd);
      await k.run(['wait', '--for=condition=Established', 'crd/widgets.example.io', '--timeout=15s']);
      await k.create({ apiVersion: 'example.io/v1', kind: 'Widget', metadata: { name: 'w' }, spec: { size: 3 } });
      expect(await k.run(['get', 'wd'])).toMatch(/^NAME\s+SIZE\nw\s+3\n/);
      expect(await k.run(['get', 'all'])).toMatch(/w\s+3/);
      expect(await k.run(['explain', 'widget.spec.size'])).toContain('Size in inches.');
      expect(await k.run(['explain', 'widget', '--recursive'])).toContain('size');
      expect(
        await k.fail(['create', '-f', '-'], {
          stdin: JSON.stringify({
            apiVersion: 'example.io/v1',
            kind: 'Widget',
            metadata: { name: 'x' },
            spec: { size: 'big' },
          }),
        }),
      ).toMatch(/size/);
      await k.run(['delete', 'crd', 'widgets.example.io', '--timeout=20s']);
      await eventually(
        async () => /doesn't have a resource type|NotFound/.test((await k.try(['get', 'widgets.example.io'])).stderr),
        { what: 'the end of the widgets' },
      );
    });

    it('answers who may do what', async () => {
      expect(await k.run(['auth', 'can-i', 'create', 'configmaps'])).toBe('yes\n');
      expect((await k.at('root').try(['auth', 'can-i', 'create', 'configmaps', '--as=nobody'])).stdout).toMatch(/^no/);
      expect(await k.run(['auth', 'can-i', '--list'])).toMatch(/\*\.\*/);
      if (minor >= 28) expect(await k.run(['auth', 'whoami'])).toContain('kcp-admin');
    });

    it.runIf(minor >= 24)('makes tokens for a ServiceAccount that work', async () => {
      await k.run(['create', 'serviceaccount', 'robot']);
      const token = (await k.run(['create', 'token', 'robot'])).trim();
      expect(token.split('.')).toHaveLength(3);
      expect(await k.at(`root:${cluster}`, token).run(['auth', 'whoami'])).toContain(
        'system:serviceaccount:default:robot',
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
      const prefix = minor > 25 ? '' : `/clusters/root:${cluster}`;
      expect(JSON.parse(await k.run(['get', '--raw', `${prefix}/api/v1/namespaces/default`]))).toMatchObject({
        kind: 'Namespace',
      });
    });

    it('watches', async () => {
      const seen = await watched(k, ['get', 'cm', '--watch-only', '-o', 'name', '--request-timeout=20s'], async () => {
        await k.apply(cm('watched', { t: String(Math.random()) }));
      });
      expect(seen).toContain('configmap/watched');
    });
  });
}

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
