import { listMap, object } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { string } from '../schema-dsl/scalars.ts';
import type { Infer, ObjectType } from '../schema-dsl/typed-schema.ts';
import { ageColumn } from '../tables/columns.ts';
import { apiExportStatusSchema, identitySchema, maximalPermissionPolicySchema } from './api-export-parts.ts';
import { apiExportV1alpha1Schema } from './api-export-v1alpha1.ts';
import { permissionClaimSchema } from './permission-claim.ts';

const virtualStorageSchema = object(
  'The objects are served by another virtual workspace.',
  {
    reference: object(
      'The endpoint slice, in the workspace of the export, that lists the URLs of that virtual workspace.',
      {
        apiGroup: string('API group of the endpoint slice.'),
        kind: string('Kind of the endpoint slice.'),
        name: string('Name of the endpoint slice.'),
      },
      { required: ['kind', 'name'], 'x-kubernetes-map-type': 'atomic' },
    ),
    identityHash: string('Identity of the resource that is served there.'),
  },
  { required: ['identityHash', 'reference'] },
);

const storageSchema = object(
  'Where the objects are kept. Default: in the workspaces of the consumers.',
  {
    crd: object('The objects are kept in the workspaces of the consumers.', {}),
    virtual: virtualStorageSchema,
  },
  {
    default: { crd: {} },
    oneOf: [{ required: ['crd'] }, { required: ['virtual'] }],
    'x-kubernetes-validations': [
      { rule: 'has(self.crd) != has(self.virtual)', message: 'Exactly one of crd or virtual must be set' },
    ],
  },
);

const resourceSchema = object(
  'One exported resource.',
  {
    name: string('Name of the resource, in the plural.'),
    group: string('API group of the resource. Empty for the core group.'),
    schema: string(
      'Name of the APIResourceSchema, in the same workspace, that describes it. A new name is rolled out at once.',
    ),
    storage: storageSchema,
  },
  { required: ['group', 'name', 'schema'] },
);

export const apiExportSchema = object('APIs that other workspaces may bind.', {
  spec: object('What is exported.', {
    resources: listMap(['name', 'group'], 'The exported resources.', resourceSchema),
    identity: identitySchema,
    maximalPermissionPolicy: maximalPermissionPolicySchema,
    permissionClaims: listMap(
      ['group', 'resource'],
      'Access to other resources of the consumers that the provider needs.',
      permissionClaimSchema,
    ),
  }),
  status: apiExportStatusSchema,
});

export type APIExport = ObjectType<'apis.kcp.io/v1alpha2', 'APIExport', typeof apiExportSchema>;
export type APIExportResource = Infer<typeof resourceSchema>;

export const apiExportDeclaration = declareKind({
  group: 'apis.kcp.io',
  kind: 'APIExport',
  plural: 'apiexports',
  categories: ['kcp'],
  scope: 'Cluster',
  storageVersion: 'v1alpha2',
  versions: [
    { name: 'v1alpha2', schema: apiExportSchema, status: true, columns: [ageColumn] },
    {
      name: 'v1alpha1',
      schema: apiExportV1alpha1Schema,
      status: true,
      columns: [
        ageColumn,
        {
          name: 'Ready',
          type: 'string',
          jsonPath: '.status.conditions[?(@.type=="VirtualWorkspaceURLsReady")].status',
          description: 'Whether the URLs of the virtual workspace are known.',
        },
      ],
    },
  ],
});
