import { conditionsSchema } from '../conditions/condition-schema.ts';
import { policyRuleSchema } from '../rbac/policy-rule.ts';
import { list, mapOf, metadataWith, object, withKeywords } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { boolean, oneOfStrings, string } from '../schema-dsl/scalars.ts';
import type { Infer, ObjectType } from '../schema-dsl/typed-schema.ts';
import { ageColumn } from '../tables/columns.ts';
import { workspaceNameRules } from './workspace.ts';
import { pathString } from './workspace-path.ts';

const referenceFields = {
  name: string('Name of the type.', { pattern: '^[a-z]([a-z0-9-]{0,61}[a-z0-9])?' }),
  path: pathString('Path of the workspace that the type is in.'),
};

const referenceSchema = object('A workspace type.', referenceFields, { required: ['name'] });

const defaultBindingSchema = object(
  'An APIExport that is bound.',
  {
    path: pathString('Path of the workspace of the APIExport. Empty means the workspace of the type.'),
    export: string('Name of the APIExport.'),
  },
  { required: ['export'] },
);

function typeLimit(description: string, relation: string) {
  return object(
    description,
    {
      none: boolean(`If true, no ${relation} is allowed.`),
      types: list(`Types that are allowed as ${relation}.`, referenceSchema, { minItems: 1 }),
    },
    { oneOf: [{ required: ['none'] }, { required: ['types'] }] },
  );
}

const specSchema = object('What workspaces of this type are like.', {
  initializer: boolean('Whether a controller has to finish its work on a new workspace before that becomes ready.'),
  terminator: boolean('Whether a controller has to finish its work on a workspace before its content is deleted.'),
  extend: object('Types that this one builds on.', {
    with: list(
      'Types whose initializers, terminators and default bindings are inherited, and that this type counts as.',
      referenceSchema,
    ),
  }),
  additionalWorkspaceLabels: mapOf(
    'Labels that new Workspaces of this type get, unless they have them. Not inherited.',
    string('A label value.'),
  ),
  defaultChildWorkspaceType: object('Type of children that are created without one.', referenceFields, {
    required: ['name'],
    default: { name: 'universal', path: 'root' },
  }),
  limitAllowedChildren: typeLimit('Which types workspaces below this one may have. Left out, any.', 'child'),
  limitAllowedParents: typeLimit('Which types the workspace above this one may have. Left out, any.', 'parent'),
  defaultAPIBindings: list('APIs that are bound in new workspaces.', defaultBindingSchema),
  defaultAPIBindingLifecycle: oneOfStrings(
    'InitializeOnly: the default bindings are made once. Maintain: existing workspaces follow later changes.',
    ['InitializeOnly', 'Maintain'],
  ),
  authenticationConfigurations: list(
    'Further ways to authenticate in workspaces of this type. Not inherited.',
    object(
      'A WorkspaceAuthenticationConfiguration in the workspace of the type.',
      { name: string('Name of the configuration.') },
      { required: ['name'] },
    ),
  ),
  initializerPermissions: list(
    'What the initializing controller may do in the workspace. Empty means: what its owner may.',
    policyRuleSchema,
  ),
  terminatorPermissions: list(
    'What the terminating controller may do in the workspace. Empty means: what its owner may.',
    policyRuleSchema,
  ),
});

const virtualWorkspaceSchema = object(
  'A virtual workspace for controllers of this type.',
  {
    url: string('URL of the virtual workspace.', { minLength: 1 }),
    type: oneOfStrings('Which of the two life cycle ends it serves.', ['initializing', 'terminating']),
  },
  { required: ['url'] },
);

const statusSchema = object('The state of the type.', {
  conditions: conditionsSchema,
  virtualWorkspaces: list(
    'Where controllers find the workspaces that wait for them, two entries for each shard.',
    virtualWorkspaceSchema,
  ),
});

export const workspaceTypeSchema = object('What a kind of workspaces has in common.', {
  metadata: metadataWith({
    name: withKeywords(string('Name of the type. The names any and system are reserved.', workspaceNameRules), {
      not: { enum: ['system', 'any'] },
    }),
  }),
  spec: specSchema,
  status: statusSchema,
});

export type WorkspaceType = ObjectType<'tenancy.kcp.io/v1alpha1', 'WorkspaceType', typeof workspaceTypeSchema>;
export type TypeReference = Infer<typeof referenceSchema>;
export type DefaultAPIBinding = Infer<typeof defaultBindingSchema>;

export const workspaceTypeDeclaration = declareKind({
  group: 'tenancy.kcp.io',
  kind: 'WorkspaceType',
  plural: 'workspacetypes',
  categories: ['kcp'],
  scope: 'Cluster',
  nameValidation: 'DNS1123Label',
  versions: [{ name: 'v1alpha1', schema: workspaceTypeSchema, status: true, columns: [ageColumn] }],
});
