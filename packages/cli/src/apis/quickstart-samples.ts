/** The API that the quickstart exports, under the names that kcp's own quickstart uses. */
export const cowboysSchema = {
  apiVersion: 'apis.kcp.io/v1alpha1',
  kind: 'APIResourceSchema',
  metadata: { name: 'today.cowboys.wildwest.dev' },
  spec: {
    group: 'wildwest.dev',
    names: { plural: 'cowboys', singular: 'cowboy', kind: 'Cowboy', listKind: 'CowboyList' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        schema: {
          type: 'object',
          description: 'Somebody who rides.',
          properties: {
            spec: {
              type: 'object',
              properties: { intent: { type: 'string', description: 'What the cowboy is up to.' } },
            },
            status: { type: 'object', properties: { result: { type: 'string', description: 'What came of it.' } } },
          },
        },
        subresources: { status: {} },
      },
    ],
  },
};

export const cowboysExport = {
  apiVersion: 'apis.kcp.io/v1alpha2',
  kind: 'APIExport',
  metadata: { name: 'cowboys' },
  spec: {
    resources: [{ name: 'cowboys', group: 'wildwest.dev', schema: 'today.cowboys.wildwest.dev', storage: { crd: {} } }],
  },
};

export const sampleCowboy = {
  apiVersion: 'wildwest.dev/v1alpha1',
  kind: 'Cowboy',
  metadata: { name: 'luke' },
  spec: { intent: 'ride into the sunset' },
};
