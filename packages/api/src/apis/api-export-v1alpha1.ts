import { listMap, object, setList } from '../schema-dsl/composites.ts';
import { string } from '../schema-dsl/scalars.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { apiExportStatusSchema, identitySchema, maximalPermissionPolicySchema } from './api-export-parts.ts';
import { exportPermissionClaimV1alpha1Schema } from './permission-claim-v1alpha1.ts';

export const apiExportV1alpha1Schema = object('APIs that other workspaces may bind.', {
  spec: object('What is exported.', {
    latestResourceSchemas: setList(
      'Names of the APIResourceSchemas that are exported. At most one for each group and resource.',
      string('Name of an APIResourceSchema in the same workspace.'),
    ),
    identity: identitySchema,
    maximalPermissionPolicy: maximalPermissionPolicySchema,
    permissionClaims: listMap(
      ['group', 'resource'],
      'Access to other resources of the consumers that the provider needs.',
      exportPermissionClaimV1alpha1Schema,
    ),
  }),
  status: apiExportStatusSchema,
});

export type APIExportV1alpha1 = ObjectType<'apis.kcp.io/v1alpha1', 'APIExport', typeof apiExportV1alpha1Schema>;
