import { beforeAll, expect, it } from 'vitest';
import type { Kubectl } from '../harness/kubectl.ts';
import { describeEachKubectl } from './each-kubectl.ts';

describeEachKubectl(({ minor, cluster, kubectl }) => {
  let k: Kubectl;
  beforeAll(() => {
    k = kubectl();
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
    expect(await k.at(cluster, token).run(['auth', 'whoami'])).toContain('system:serviceaccount:default:robot');
  });
});
