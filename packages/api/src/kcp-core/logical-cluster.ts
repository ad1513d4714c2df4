import { conditionsSchema } from '../conditions/condition-schema.ts';
import { list, mapOf, metadataWith, object } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { boolean, oneOfStrings, string } from '../schema-dsl/scalars.ts';
import type { Infer, ObjectType } from '../schema-dsl/typed-schema.ts';
import { ageColumn } from '../tables/columns.ts';
import { lifecycleNames, workspacePhaseSchema } from './lifecycle.ts';

const ownerSchema = object(
  'The object that this logical cluster belongs to, usually a Workspace. It is deleted together with the cluster.',
  {
    apiVersion: string('API group and version of the owner.', { pattern: '^([^/]+/)?[^/]+$' }),
    resource: string('Resource of the owner, in the plural.', { minLength: 1 }),
    name: string('Name of the owner.', { minLength: 1 }),
    namespace: string('Namespace of the owner, if it has one.'),
    cluster: string('Logical cluster that the owner is in.', { minLength: 1 }),
    uid: string('UID of the owner.'),
  },
  { required: ['apiVersion', 'cluster', 'name', 'resource', 'uid'] },
);

const createdBySchema = object('Who created the workspace. Cannot be changed.', {
  username: string('Name of the user.'),
  uid: string('UID of the user, if the authenticator knows one.'),
  groups: list('Groups of the user.', string('Name of a group.')),
  extra: mapOf('What else the authenticator said of the user.', list('Values of one key.', string('A value.'))),
});

const specSchema = object(
  'What is wanted of the logical cluster.',
  {
    directlyDeletable: boolean('Whether users may delete this object. Otherwise it goes with its owner only.', {
      default: false,
    }),
    owner: ownerSchema,
    createdBy: createdBySchema,
    initializers: lifecycleNames('Initializers that have to be done before the workspace is ready. Cannot be changed.'),
    terminators: lifecycleNames('Terminators that have to be done before the content is deleted.'),
  },
  { default: {} },
);

const statusSchema = object(
  'The state of the logical cluster.',
  {
    URL: string('URL under which the logical cluster is served.'),
    phase: workspacePhaseSchema,
    conditions: conditionsSchema,
    initializers: lifecycleNames('Initializers that are not done yet. May only become fewer.'),
    terminators: lifecycleNames('Terminators that are not done yet. May only become fewer.'),
  },
  { default: {} },
);

export const logicalClusterSchema = object(
  'The workspace seen from within. There is exactly one, named cluster, in each.',
  {
    metadata: metadataWith({ name: oneOfStrings('Always cluster.', ['cluster']) }),
    spec: specSchema,
    status: statusSchema,
  },
);

export type LogicalCluster = ObjectType<'core.kcp.io/v1alpha1', 'LogicalCluster', typeof logicalClusterSchema>;
export type LogicalClusterOwner = Infer<typeof ownerSchema>;
export type LogicalClusterUserInfo = Infer<typeof createdBySchema>;

export const logicalClusterDeclaration = declareKind({
  group: 'core.kcp.io',
  kind: 'LogicalCluster',
  plural: 'logicalclusters',
  categories: ['kcp'],
  scope: 'Cluster',
  versions: [
    {
      name: 'v1alpha1',
      schema: logicalClusterSchema,
      status: true,
      columns: [
        {
          name: 'Phase',
          type: 'string',
          jsonPath: '.status.phase',
          description: 'How far the workspace is in its life.',
        },
        { name: 'URL', type: 'string', jsonPath: '.status.URL', description: 'URL of the logical cluster.' },
        ageColumn,
      ],
    },
  ],
});
