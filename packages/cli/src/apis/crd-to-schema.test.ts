import { describe, expect, it } from 'vitest';
import { schemaOf, snapshotCrds } from './crd-to-schema.ts';

const crd = (
  versions = [
    {
      name: 'v1',
      served: true,
      storage: true,
      schema: { openAPIV3Schema: { type: 'object' } },
      subresources: { status: {} },
    },
  ],
) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  spec: { group: 'g.io', names: { plural: 'widgets', kind: 'Widget' }, scope: 'Namespaced', versions },
});

function recorder(input = '') {
  const out: string[] = [];
  const io = {
    env: {},
    cwd: '/nowhere',
    homeFolder: '/nowhere',
    readInput: async () => input,
    out: (text: string) => void out.push(text),
    err: () => undefined,
    now: () => 0,
    sleep: async () => undefined,
  };
  return { io, out };
}

describe('a schema of a CRD', () => {
  it('has the names filled in and the schemas in place', () => {
    expect(schemaOf(crd(), 'v1')).toEqual({
      apiVersion: 'apis.kcp.io/v1alpha1',
      kind: 'APIResourceSchema',
      metadata: { name: 'v1.widgets.g.io' },
      spec: {
        group: 'g.io',
        names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
        scope: 'Namespaced',
        versions: [
          { name: 'v1', served: true, storage: true, schema: { type: 'object' }, subresources: { status: {} } },
        ],
      },
    });
  });

  it('says how several versions are converted', () => {
    const [first] = crd().spec.versions;
    expect(schemaOf(crd([first!, { ...first!, name: 'v2', storage: false }]), 'p')).toHaveProperty('spec.conversion', {
      strategy: 'None',
    });
  });

  it('keeps the approval that groups of Kubernetes need, and no other annotation', () => {
    const annotations = { 'api-approved.kubernetes.io': 'https://example.com/1', other: 'x' };
    expect(schemaOf({ ...crd(), metadata: { annotations } }, 'p')).toHaveProperty('metadata.annotations', {
      'api-approved.kubernetes.io': 'https://example.com/1',
    });
  });

  it('cannot be made of what only a CRD can say', () => {
    const spec = crd().spec;
    const service = { strategy: 'Webhook', webhook: { clientConfig: { service: { name: 'x' } } } };
    expect(() => schemaOf({ ...crd(), spec: { ...spec, conversion: service } }, 'p')).toThrow('by URL, not by service');
    expect(() => schemaOf({ ...crd(), spec: { ...spec, preserveUnknownFields: true } }, 'p')).toThrow('not supported');
  });

  it('is only made of CRDs', () => {
    const configMap = { apiVersion: 'v1', kind: 'ConfigMap' };
    expect(() => schemaOf(configMap, 'p')).toThrow('unexpected type for CRD v1, ConfigMap');
    expect(() => schemaOf({ ...crd(), apiVersion: 'apiextensions.k8s.io/v1beta1' }, 'p')).toThrow('unexpected type');
  });
});

describe('the command', () => {
  it('reads several documents from standard input and ends each with a separator', async () => {
    const document = JSON.stringify(crd());
    const { io, out } = recorder(`${document}\n---\n${document}\n`);
    await snapshotCrds(io, { filename: '-', prefix: 'v1', output: 'json' });
    expect(out).toHaveLength(2);
    for (const text of out) expect(text).toMatch(/\n---\n$/);
  });

  it.each([
    [{ prefix: 'p', output: 'yaml' }, '--filename is required'],
    [{ filename: '-', output: 'yaml' }, '--prefix is required'],
    [{ filename: '-', prefix: 'p', output: 'xml' }, 'invalid value "xml" for --output; valid values are json, yaml'],
    [{ filename: 'missing.yaml', prefix: 'p', output: 'yaml' }, 'no such file'],
  ])('refuses %j', async (options, message) => {
    await expect(snapshotCrds(recorder().io, options)).rejects.toThrow(message);
  });
});
