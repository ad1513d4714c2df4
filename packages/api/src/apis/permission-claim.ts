import { labelSelectorRequirementSchema } from '../meta/label-selector.ts';
import { atomicList, mapOf, object, setList } from '../schema-dsl/composites.ts';
import { boolean, oneOfStrings, string } from '../schema-dsl/scalars.ts';
import type { Infer } from '../schema-dsl/typed-schema.ts';

export const claimGroupPattern = '^(|[a-z0-9]([-a-z0-9]*[a-z0-9](\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)?)$';
export const claimResourcePattern = '^[a-z][-a-z0-9]*[a-z0-9]$';

/** The keywords of v1alpha2 selectors: all objects, or those with certain labels. */
const selectorFields = {
  matchLabels: mapOf('Labels that must be there with exactly these values.', string('A label value.')),
  matchExpressions: atomicList('Further conditions, all of which must hold.', labelSelectorRequirementSchema),
  matchAll: boolean('Whether every object is meant. Then no other field is allowed.'),
};

const defaultSelector = object('Selector that is proposed when the claim is accepted by default.', selectorFields, {
  'x-kubernetes-map-type': 'atomic',
});

const claimFields = {
  group: string('API group of the resource. Empty for the core group.', { pattern: claimGroupPattern, default: '' }),
  resource: string('Name of the resource, in the plural.', { pattern: claimResourcePattern }),
  verbs: setList('What may be done with the objects. "*" stands for all verbs.', string('A verb.'), { minItems: 1 }),
  identityHash: string(
    'Identity of the APIExport that the resource comes from. Empty for resources that come from none.',
    {
      default: '',
    },
  ),
  defaultSelector,
};

const scopedFields = {
  ...claimFields,
  selector: object('The objects that the claim is accepted for.', selectorFields, {
    'x-kubernetes-map-type': 'atomic',
    'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'Permission claim selector is immutable' }],
  }),
};

/** A claim as an APIExport makes it. */
export const permissionClaimSchema = object(
  'Access to a resource of the consumers that the export asks for.',
  claimFields,
  {
    required: ['resource', 'verbs'],
  },
);

/** A claim together with the objects that it is accepted for. */
export const scopedPermissionClaimSchema = object('Access to objects of this workspace.', scopedFields, {
  required: ['resource', 'selector', 'verbs'],
});

/** A claim that a consumer has accepted or rejected. */
export const acceptablePermissionClaimSchema = object(
  'An answer to a claim of the export.',
  { ...scopedFields, state: oneOfStrings('Whether the claim is granted.', ['Accepted', 'Rejected']) },
  { required: ['resource', 'selector', 'state', 'verbs'] },
);

export type PermissionClaim = Infer<typeof permissionClaimSchema>;
export type ScopedPermissionClaim = Infer<typeof scopedPermissionClaimSchema>;
export type AcceptablePermissionClaim = Infer<typeof acceptablePermissionClaimSchema>;
