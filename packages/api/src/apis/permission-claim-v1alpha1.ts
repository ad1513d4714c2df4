import type { ValidationRule } from '@canopy/apimachinery';
import { list, object } from '../schema-dsl/composites.ts';
import { boolean, oneOfStrings, string } from '../schema-dsl/scalars.ts';
import type { Infer } from '../schema-dsl/typed-schema.ts';
import { claimGroupPattern, claimResourcePattern } from './permission-claim.ts';

const allOrSelected: ValidationRule = {
  rule: '(has(self.all) && self.all) != (has(self.resourceSelector) && size(self.resourceSelector) > 0)',
  message: 'either "all" or "resourceSelector" must be set',
};

const resourceSelectorSchema = object(
  'Objects of one name, of one namespace, or both.',
  {
    name: string('Name of the object.', { pattern: '^([a-z0-9][-a-z0-9_.]*)?[a-z0-9]$', minLength: 1, maxLength: 253 }),
    namespace: string('Namespace of the objects.', { minLength: 1 }),
  },
  {
    'x-kubernetes-validations': [
      { rule: 'has(self.__namespace__) || has(self.name)', message: 'at least one field must be set' },
    ],
  },
);

const fields = {
  group: string('API group of the resource. Empty for the core group.', { pattern: claimGroupPattern }),
  resource: string('Name of the resource, in the plural.', { pattern: claimResourcePattern }),
  all: boolean('Whether all objects of the resource are meant.'),
  resourceSelector: list('The objects that are meant.', resourceSelectorSchema),
  identityHash: string(
    'Identity of the APIExport that the resource comes from. Empty for resources that come from none.',
  ),
};

/** A claim in the status of a binding. */
export const permissionClaimV1alpha1Schema = object(
  'Access to a resource of the consumers that the export asks for.',
  fields,
  {
    required: ['resource'],
    'x-kubernetes-validations': [allOrSelected],
  },
);

/** A claim as an APIExport makes it: the group has a default there. */
export const exportPermissionClaimV1alpha1Schema = object(
  'Access to a resource of the consumers that the export asks for.',
  { ...fields, group: { ...fields.group, default: '' } },
  { required: ['resource'], 'x-kubernetes-validations': [allOrSelected] },
);

/** A claim that a consumer has accepted or rejected. */
export const acceptablePermissionClaimV1alpha1Schema = object(
  'An answer to a claim of the export.',
  { ...fields, state: oneOfStrings('Whether the claim is granted.', ['Accepted', 'Rejected']) },
  { required: ['resource', 'state'], 'x-kubernetes-validations': [allOrSelected] },
);

export type PermissionClaimV1alpha1 = Infer<typeof permissionClaimV1alpha1Schema>;
export type AcceptablePermissionClaimV1alpha1 = Infer<typeof acceptablePermissionClaimV1alpha1Schema>;
