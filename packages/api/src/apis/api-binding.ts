import { conditionsSchema } from '../conditions/condition-schema.ts';
import { list, listMap, object } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import {
  apiBindingColumns,
  apiExportClusterName,
  bindingPhaseSchema,
  boundResourcesSchema,
} from './api-binding-parts.ts';
import { apiBindingV1alpha1Schema } from './api-binding-v1alpha1.ts';
import { exportReferenceIsFixed, exportReferenceSchema } from './export-reference.ts';
import {
  acceptablePermissionClaimSchema,
  permissionClaimSchema,
  scopedPermissionClaimSchema,
} from './permission-claim.ts';

const claimKeys = ['group', 'resource', 'identityHash'];

export const apiBindingSchema = object(
  'Brings the APIs of an APIExport into this workspace.',
  {
    spec: object(
      'What is bound.',
      {
        reference: object(
          'Where the APIs come from. Cannot be changed.',
          { export: exportReferenceSchema },
          { 'x-kubernetes-validations': [exportReferenceIsFixed] },
        ),
        permissionClaims: listMap(claimKeys, 'Answers to the claims of the export.', acceptablePermissionClaimSchema),
      },
      { required: ['reference'] },
    ),
    status: object('The state of the binding.', {
      apiExportClusterName,
      boundResources: boundResourcesSchema,
      phase: bindingPhaseSchema,
      conditions: conditionsSchema,
      appliedPermissionClaims: listMap(claimKeys, 'Claims that are in effect.', scopedPermissionClaimSchema),
      exportPermissionClaims: list('Claims that the export makes now.', permissionClaimSchema),
    }),
  },
  { required: ['spec'] },
);

export type APIBinding = ObjectType<'apis.kcp.io/v1alpha2', 'APIBinding', typeof apiBindingSchema>;

export const apiBindingDeclaration = declareKind({
  group: 'apis.kcp.io',
  kind: 'APIBinding',
  plural: 'apibindings',
  categories: ['kcp'],
  scope: 'Cluster',
  storageVersion: 'v1alpha2',
  versions: [
    { name: 'v1alpha2', schema: apiBindingSchema, status: true, columns: apiBindingColumns },
    { name: 'v1alpha1', schema: apiBindingV1alpha1Schema, status: true, columns: apiBindingColumns },
  ],
});
