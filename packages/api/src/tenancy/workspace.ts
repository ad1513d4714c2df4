import { conditionsSchema } from '../conditions/condition-schema.ts';
import { lifecycleNames, workspacePhaseSchema } from '../kcp-core/lifecycle.ts';
import { labelSelectorSchema } from '../meta/label-selector.ts';
import { described, metadataWith, object } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { string } from '../schema-dsl/scalars.ts';
import type { Infer, ObjectType } from '../schema-dsl/typed-schema.ts';
import { ageColumn } from '../tables/columns.ts';
import { pathString } from './workspace-path.ts';

/** What `metadata.name` of a Workspace and of a WorkspaceType must look like. */
export const workspaceNameRules = { pattern: '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$', minLength: 1, maxLength: 63 };

const mountReferenceSchema = object(
  'The object that stands for the mounted cluster, in the same workspace as this one.',
  {
    apiVersion: string('API group and version of the object.'),
    kind: string('Kind of the object.'),
    name: string('Name of the object.'),
    namespace: string('Namespace of the object, if it has one.'),
  },
  {
    required: ['apiVersion', 'kind', 'name'],
    'x-kubernetes-validations': [
      { rule: 'has(oldSelf.apiVersion) == has(self.apiVersion)', message: 'apiVersion is immutable' },
      { rule: 'has(oldSelf.kind) == has(self.kind)', message: 'kind is immutable' },
      { rule: 'has(oldSelf.name) == has(self.name)', message: 'name is immutable' },
    ],
  },
);

const typeReferenceSchema = object(
  'The workspace type. Left out, it is the default child type of the parent. Cannot be changed.',
  {
    name: string('Name of the type.', { pattern: '^[a-z]([a-z0-9-]{0,61}[a-z0-9])?' }),
    path: pathString(
      'Path of the workspace that the type is in. Left out, the type is looked for upwards from the parent.',
    ),
  },
  {
    required: ['name'],
    'x-kubernetes-validations': [
      { rule: 'self.name == oldSelf.name', message: 'name is immutable' },
      { rule: 'has(oldSelf.path) == has(self.path)', message: 'path is immutable' },
      { rule: '!has(oldSelf.path) || !has(self.path) || self.path == oldSelf.path', message: 'path is immutable' },
    ],
  },
);

const specSchema = object(
  'What is wanted of the workspace.',
  {
    type: typeReferenceSchema,
    location: object('Where the workspace may be placed.', {
      selector: described('Labels of the shards that are allowed. Left out, any shard is.', labelSelectorSchema),
    }),
    cluster: string('Name of the logical cluster. Set by the system, and never changed.', {
      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'cluster is immutable' }],
    }),
    URL: string('URL under which the workspace is served. Set by the system.'),
    mount: object(
      'Shows another cluster at the place of this workspace. A mounted workspace has no type. Cannot be changed.',
      { ref: mountReferenceSchema },
      {
        required: ['ref'],
        'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'mount is immutable' }],
      },
    ),
  },
  {
    default: {},
    'x-kubernetes-validations': [
      { rule: '!has(oldSelf.URL) || has(self.URL)', message: 'URL cannot be unset' },
      { rule: '!has(oldSelf.cluster) || has(self.cluster)', message: 'cluster cannot be unset' },
    ],
  },
);

const statusSchema = object(
  'The state of the workspace.',
  {
    phase: workspacePhaseSchema,
    conditions: conditionsSchema,
    initializers: lifecycleNames('Initializers that are not done yet.'),
    terminators: lifecycleNames('Terminators that are not done yet.'),
  },
  { default: {} },
);

export const workspaceSchema = object(
  'A cluster of its own for its users, below the workspace that this object is in.',
  {
    metadata: metadataWith({
      name: string('Name of the workspace, one part of its path.', workspaceNameRules),
    }),
    spec: specSchema,
    status: statusSchema,
  },
  { required: ['spec'] },
);

export type Workspace = ObjectType<'tenancy.kcp.io/v1alpha1', 'Workspace', typeof workspaceSchema>;
export type WorkspaceTypeReference = Infer<typeof typeReferenceSchema>;
export type MountReference = Infer<typeof mountReferenceSchema>;

export const workspaceDeclaration = declareKind({
  group: 'tenancy.kcp.io',
  kind: 'Workspace',
  plural: 'workspaces',
  shortNames: ['ws'],
  categories: ['kcp'],
  scope: 'Cluster',
  nameValidation: 'DNS1123Label',
  versions: [
    {
      name: 'v1alpha1',
      schema: workspaceSchema,
      status: true,
      columns: [
        { name: 'Type', type: 'string', jsonPath: '.spec.type.name', description: 'Type of the workspace.' },
        {
          name: 'Region',
          type: 'string',
          jsonPath: ".metadata.labels['region']",
          description: 'Region that it is in.',
        },
        {
          name: 'Phase',
          type: 'string',
          jsonPath: '.status.phase',
          description: 'How far the workspace is in its life.',
        },
        { name: 'URL', type: 'string', jsonPath: '.spec.URL', description: 'URL of the workspace.' },
        ageColumn,
      ],
    },
  ],
});
