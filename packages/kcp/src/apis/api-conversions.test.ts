import type { KubeObject } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { convertApiBinding, convertApiExport } from './api-conversions.ts';

const exportV2 = (): KubeObject => ({
  apiVersion: 'apis.kcp.io/v1alpha2',
  kind: 'APIExport',
  metadata: { name: 'x', annotations: { keep: 'me' } },
  spec: {
    resources: [
      { name: 'widgets', group: 'g.io', schema: 'v1.widgets.g.io', storage: { crd: {} } },
      {
        name: 'things',
        group: 'g.io',
        schema: 'v1.things.g.io',
        storage: { virtual: { reference: {}, identityHash: 'h' } },
      },
    ],
    permissionClaims: [{ group: '', resource: 'secrets', verbs: ['get'], identityHash: '' }],
  },
});

describe('APIExport', () => {
  it('becomes the older form with what that can say', () => {
    const old = convertApiExport(exportV2(), 'v1alpha1');
    expect(old.apiVersion).toBe('apis.kcp.io/v1alpha1');
    expect(old.spec).toMatchObject({
      latestResourceSchemas: ['v1.widgets.g.io'],
      permissionClaims: [{ resource: 'secrets', all: true }],
    });
    expect(old.metadata.annotations).toHaveProperty(['apis.v1alpha2.kcp.io/permission-claims']);
    expect(old.metadata.annotations).toHaveProperty(['apis.v1alpha2.kcp.io/resource-schemas']);
  });

  it('loses nothing on the way there and back', () => {
    expect(convertApiExport(convertApiExport(exportV2(), 'v1alpha1'), 'v1alpha2')).toEqual(exportV2());
  });

  it('reads schema names of the older form, the core group too', () => {
    const old: KubeObject = {
      apiVersion: 'apis.kcp.io/v1alpha1',
      kind: 'APIExport',
      metadata: { name: 'x' },
      spec: {
        latestResourceSchemas: ['v1.widgets.g.io', 'v2.pods.core'],
        permissionClaims: [{ resource: 'secrets', resourceSelector: [{ name: 'a' }] }],
      },
    };
    const converted = convertApiExport(structuredClone(old), 'v1alpha2');
    expect(converted.spec).toMatchObject({
      resources: [
        { name: 'widgets', group: 'g.io', schema: 'v1.widgets.g.io' },
        { name: 'pods', group: '', schema: 'v2.pods.core' },
      ],
      permissionClaims: [{ resource: 'secrets', verbs: ['*'] }],
    });
    expect(convertApiExport(converted, 'v1alpha1')).toEqual(old);
  });
});

describe('APIBinding', () => {
  const binding = (): KubeObject => ({
    apiVersion: 'apis.kcp.io/v1alpha2',
    kind: 'APIBinding',
    metadata: { name: 'b' },
    spec: {
      reference: { export: { name: 'x', path: 'root:p' } },
      permissionClaims: [
        { resource: 'secrets', verbs: ['get'], state: 'Accepted', selector: { matchLabels: { a: 'b' } } },
      ],
    },
    status: { phase: 'Bound', exportPermissionClaims: [{ resource: 'secrets', verbs: ['get', 'list'] }] },
  });

  it('loses nothing on the way to the older form and back', () => {
    expect(convertApiBinding(convertApiBinding(binding(), 'v1alpha1'), 'v1alpha2')).toEqual(binding());
  });

  it('shows the older form its claims without verbs and selectors', () => {
    const old = convertApiBinding(binding(), 'v1alpha1') as { spec: { permissionClaims: object[] } } & KubeObject;
    expect(old.spec.permissionClaims).toEqual([{ resource: 'secrets', state: 'Accepted', all: true }]);
  });
});
