import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryDirectory } from '../harness/canopy-process.ts';
import type { Kubectl } from '../harness/kubectl.ts';
import { eventually } from '../harness/poll.ts';
import type { KubeJson } from '../harness/rest.ts';
import { configMap, describeEachKubectl } from './each-kubectl.ts';

const scratch = temporaryDirectory();
afterAll(() => scratch.remove());

describeEachKubectl(({ minor, kubectl }) => {
  let k: Kubectl;
  beforeAll(() => {
    k = kubectl();
  });
  const get = (name: string): Promise<KubeJson> => k.json<KubeJson>(['get', 'configmap', name]);

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
    expect(await k.apply(configMap('applied', { a: '1', b: '2' }))).toContain('configmap/applied created');
    expect(await k.apply(configMap('applied', { a: '1', b: '2' }))).toContain('unchanged');
    expect(await k.apply(configMap('applied', { a: '3' }))).toContain('configured');
    expect((await get('applied')).data).toEqual({ a: '3' });
  });

  it('applies on the server, reports conflicts, and forces', async () => {
    expect(await k.apply(configMap('ssa', { a: '1' }), ['--server-side', '--field-manager=one'])).toContain(
      'serverside-applied',
    );
    const conflict = await k.try(['apply', '--server-side', '--field-manager=two', '-f', '-'], {
      stdin: JSON.stringify(configMap('ssa', { a: '2' })),
    });
    expect(conflict.stderr).toMatch(/conflict with "one".*\.data\.a/s);
    await k.apply(configMap('ssa', { a: '2' }), ['--server-side', '--field-manager=two', '--force-conflicts']);
    expect((await get('ssa')).data).toEqual({ a: '2' });
    await k.apply(configMap('ssa', { b: '1' }), ['--server-side', '--field-manager=one']);
    expect((await get('ssa')).data).toEqual({ a: '2', b: '1' });
  });

  it('prunes what a later apply leaves out', async () => {
    await k.apply([configMap('keep', {}, { set: 'p' }), configMap('drop', {}, { set: 'p' })]);
    await k.apply(
      [configMap('keep', {}, { set: 'p' })],
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
    await k.apply(configMap('diffed', { a: '1' }));
    const diff = await k.try(['diff', '-f', '-'], { stdin: JSON.stringify(configMap('diffed', { a: '2' })) });
    expect(diff.stdout).toMatch(/-\s+a: "1"\n\+\s+a: "2"/);
    expect(diff.code).toBe(1);
    expect((await get('diffed')).data).toEqual({ a: '1' });
  });

  it('edits with an editor', async () => {
    const editor = path.join(scratch.path, 'editor.sh');
    writeFileSync(editor, '#!/bin/sh\nsed -i "s/before/after/" "$1"\n');
    chmodSync(editor, 0o755);
    await k.create(configMap('edited', { a: 'before' }));
    expect(await k.run(['edit', 'configmap', 'edited'], { env: { EDITOR: editor } })).toContain('edited');
    expect((await get('edited')).data).toEqual({ a: 'after' });
  });

  it.each([
    ['strategic', '{"data":{"b":"2"}}', { a: '1', b: '2' }],
    ['merge', '{"data":{"a":null,"b":"2"}}', { b: '2' }],
    ['json', '[{"op":"replace","path":"/data/a","value":"2"}]', { a: '2' }],
  ])('patches by %s', async (type, patch, data) => {
    await k.create(configMap(`patched-${type}`));
    await k.run(['patch', 'configmap', `patched-${type}`, `--type=${type}`, '-p', patch]);
    expect((await get(`patched-${type}`)).data).toEqual(data);
  });

  it('labels, annotates and replaces', async () => {
    await k.create(configMap('marked'));
    await k.run(['label', 'cm', 'marked', 'color=red']);
    expect(await k.fail(['label', 'cm', 'marked', 'color=blue'])).toContain('--overwrite');
    await k.run(['label', 'cm', 'marked', 'color=blue', '--overwrite']);
    await k.run(['annotate', 'cm', 'marked', 'note=x']);
    expect((await get('marked')).metadata).toMatchObject({ labels: { color: 'blue' }, annotations: { note: 'x' } });
    await k.run(['label', 'cm', 'marked', 'color-']);
    await k.run(['replace', '-f', '-'], { stdin: JSON.stringify(configMap('marked', { new: '1' })) });
    expect((await get('marked')).data).toEqual({ new: '1' });
  });

  it('waits for a value and for an end', async () => {
    await k.create(configMap('awaited'));
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
    await k.create(configMap('finalized'));
    await k.run(['patch', 'cm', 'finalized', '--type=merge', '-p', '{"metadata":{"finalizers":["example.io/hold"]}}']);
    await k.run(['delete', 'cm', 'finalized', '--wait=false']);
    expect((await get('finalized')).metadata.deletionTimestamp).toBeDefined();
    await k.run(['patch', 'cm', 'finalized', '--type=merge', '-p', '{"metadata":{"finalizers":null}}']);
    expect(await k.fail(['get', 'cm', 'finalized'])).toContain('NotFound');
  });

  it.each(['background', 'foreground', 'orphan'])('deletes with dependents by cascade %s', async (cascade) => {
    await k.create(configMap(`owner-${cascade}`));
    const { uid } = (await get(`owner-${cascade}`)).metadata;
    const owned = configMap(`owned-${cascade}`) as { metadata: object };
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
    expect(await k.create(configMap('dry'), ['--dry-run=server'])).toContain('created (server dry run)');
    expect(await k.create(configMap('dry'), ['--dry-run=client'])).toContain('created (dry run)');
    expect(await k.fail(['get', 'cm', 'dry'])).toContain('NotFound');
  });

  it('checks fields as told', async () => {
    const wrong = JSON.stringify({ ...configMap('checked'), dada: {} });
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
});
