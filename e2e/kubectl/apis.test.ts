import { beforeAll, expect, it } from 'vitest';
import type { Kubectl } from '../harness/kubectl.ts';
import { eventually } from '../harness/poll.ts';
import { describeEachKubectl } from './each-kubectl.ts';

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

describeEachKubectl(({ kubectl }) => {
  let k: Kubectl;
  beforeAll(() => {
    k = kubectl();
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
});
