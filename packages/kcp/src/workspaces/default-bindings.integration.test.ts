import type { KubeObject } from '@canopy/apimachinery';
import { type ControlPlane, startControlPlane } from '@canopy/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let plane: ControlPlane;
beforeAll(async () => {
  plane = await startControlPlane();
  await makeSchema('v1.widgets.example.com', 'widgets');
  await plane.api('root').create('apiexports.apis.kcp.io', {
    apiVersion: 'apis.kcp.io/v1alpha2',
    kind: 'APIExport',
    metadata: { name: 'shop' },
    spec: { resources: [resource('widgets')] },
  });
  await plane.api('root').create('workspacetypes.tenancy.kcp.io', {
    apiVersion: 'tenancy.kcp.io/v1alpha1',
    kind: 'WorkspaceType',
    metadata: { name: 'special' },
    spec: {
      extend: { with: [{ name: 'universal', path: 'root' }] },
      defaultAPIBindings: [{ path: 'root', export: 'shop' }],
    },
  });
});
afterAll(() => plane.close());

const resource = (plural: string) => ({
  name: plural,
  group: 'example.com',
  schema: `v1.${plural}.example.com`,
  storage: { crd: {} },
});

async function makeSchema(name: string, plural: string): Promise<void> {
  const names = { plural, singular: plural.slice(0, -1), kind: plural, listKind: `${plural}List` };
  const versions = [{ name: 'v1', served: true, storage: true, schema: { type: 'object' } }];
  await plane.api('root').create('apiresourceschemas.apis.kcp.io', {
    apiVersion: 'apis.kcp.io/v1alpha1',
    kind: 'APIResourceSchema',
    metadata: { name },
    spec: { group: 'example.com', names, scope: 'Cluster', versions },
  });
}

/** Bindings and LogicalCluster of a new workspace, without what tells it apart from others. */
async function contentOf(name: string): Promise<{ phase: unknown; text: string; bindings: KubeObject[] }> {
  const made = await plane.api('root').create('workspaces.tenancy.kcp.io', {
    apiVersion: 'tenancy.kcp.io/v1alpha1',
    kind: 'Workspace',
    metadata: { name },
    spec: { type: { name: 'special', path: 'root' } },
  });
  const { cluster } = made.spec as { cluster: string };
  const bindings = await plane.api(cluster).list('apibindings.apis.kcp.io');
  bindings.sort((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
  const own = await plane.api(cluster).get({ resource: 'logicalclusters.core.kcp.io', name: 'cluster' });
  let text = JSON.stringify([...bindings, own]);
  for (const [i, binding] of bindings.entries())
    text = text.replaceAll(binding.metadata.name as string, `binding-${i}`);
  text = text.replaceAll(cluster, 'CLUSTER').replaceAll(`root:${name}`, 'PATH').replaceAll(`"${name}"`, '"NAME"');
  text = text.replaceAll(/"[0-9a-f]{8}-[0-9a-f-]{27}"/g, '"UID"').replaceAll(/"20\d\d-[^"]+Z"/g, '"TIME"');
  text = text.replaceAll(/"(resourceVersion)":"\d+"/g, '"$1":"RV"');
  return { phase: (made.status as { phase: string }).phase, text, bindings };
}

const boundIn = (bindings: readonly KubeObject[]): string[] =>
  bindings
    .flatMap(({ status }) => (status as { boundResources?: { resource: string }[] }).boundResources ?? [])
    .map((bound) => bound.resource);

describe('the default bindings of a type', () => {
  it('come out the same for each of its workspaces but for names, times and UIDs', async () => {
    const [first, second, third] = [await contentOf('a'), await contentOf('b'), await contentOf('c')];
    expect(first.phase).toBe('Ready');
    expect(first.bindings).toHaveLength(3);
    expect(second.text).toBe(first.text);
    expect(third.text).toBe(first.text);
    const names = [...first.bindings, ...second.bindings, ...third.bindings].map(({ metadata }) => metadata.name);
    expect(new Set(names).size).toBe(9);
  });

  it('follow a change of their export', async () => {
    await makeSchema('v1.gadgets.example.com', 'gadgets');
    const update = (change: (spec: { resources: unknown[]; permissionClaims?: unknown[] }) => void) =>
      plane.api('root').update({ resource: 'apiexports.apis.kcp.io', name: 'shop' }, (found) => {
        change(found.spec as { resources: unknown[] });
      });
    await update((spec) => spec.resources.push(resource('gadgets')));
    expect(boundIn((await contentOf('d')).bindings)).toContain('gadgets');
    expect(boundIn((await contentOf('e')).bindings)).toContain('gadgets');
    await update((spec) => {
      spec.permissionClaims = [{ group: '', resource: 'configmaps', verbs: ['*'] }];
    });
    for (const name of ['f', 'g']) {
      const specs = (await contentOf(name)).bindings.map(({ spec }) => spec as { permissionClaims?: unknown[] });
      expect(specs.flatMap(({ permissionClaims }) => permissionClaims ?? [])).toHaveLength(1);
    }
  });

  it('wait while the export is gone', async () => {
    await plane.api('root').remove({ resource: 'apiexports.apis.kcp.io', name: 'shop' });
    expect((await contentOf('h')).phase).toBe('Initializing');
  });
});
