import { conditionsSchema } from '../conditions/condition-schema.ts';
import { list, object } from '../schema-dsl/composites.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { apiExportClusterName, bindingPhaseSchema, boundResourcesSchema } from './api-binding-parts.ts';
import { exportReferenceIsFixed, exportReferenceSchema } from './export-reference.ts';
import { acceptablePermissionClaimV1alpha1Schema, permissionClaimV1alpha1Schema } from './permission-claim-v1alpha1.ts';

export const apiBindingV1alpha1Schema = object(
  'Brings the APIs of an APIExport into this workspace.',
  {
    spec: object(
      'What is bound.',
      {
        reference: object(
          'Where the APIs come from. Cannot be changed.',
          { export: exportReferenceSchema },
          { oneOf: [{ required: ['export'] }], 'x-kubernetes-validations': [exportReferenceIsFixed] },
        ),
        permissionClaims: list('Answers to the claims of the export.', acceptablePermissionClaimV1alpha1Schema),
      },
      { required: ['reference'] },
    ),
    status: object('The state of the binding.', {
      apiExportClusterName,
      boundResources: boundResourcesSchema,
      phase: bindingPhaseSchema,
      conditions: conditionsSchema,
      appliedPermissionClaims: list('Claims that are in effect.', permissionClaimV1alpha1Schema),
      exportPermissionClaims: list('Claims that the export makes now.', permissionClaimV1alpha1Schema),
    }),
  },
  { required: ['spec'] },
);

export type APIBindingV1alpha1 = ObjectType<'apis.kcp.io/v1alpha1', 'APIBinding', typeof apiBindingV1alpha1Schema>;
