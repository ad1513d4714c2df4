import { conditionsSchema } from '../conditions/condition-schema.ts';
import { secretReferenceSchema } from '../core/object-reference.ts';
import { described, list, object } from '../schema-dsl/composites.ts';
import { string } from '../schema-dsl/scalars.ts';

export const identitySchema = object(
  'What tells this export from others of the same group and resource. Kept in a secret; made by the system if left out.',
  { secretRef: described('Secret whose key named key holds the identity.', secretReferenceSchema) },
);

export const maximalPermissionPolicySchema = object(
  'What consumers may do at most with the exported resources. Left out, there is no limit.',
  {
    local: object(
      'The limit is set by RBAC in the workspace of the export, for users and groups with apis.kcp.io:binding: in front.',
      {},
    ),
  },
  { oneOf: [{ required: ['local'] }] },
);

export const apiExportStatusSchema = object('The state of the export.', {
  identityHash: string('SHA-256 of the identity, in hexadecimal. Never changes once set.'),
  conditions: conditionsSchema,
  virtualWorkspaces: list(
    'Former list of the URLs of the virtual workspace. Read the APIExportEndpointSlice instead.',
    object('One URL.', { url: string('URL of the virtual workspace.', { minLength: 1 }) }, { required: ['url'] }),
  ),
});
