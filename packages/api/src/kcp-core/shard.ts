import { conditionsSchema } from '../conditions/condition-schema.ts';
import { mapOf, object } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { quantity, string } from '../schema-dsl/scalars.ts';
import type { Infer, ObjectType } from '../schema-dsl/typed-schema.ts';
import { ageColumn } from '../tables/columns.ts';

const url = { format: 'uri', minLength: 1 } as const;

const specSchema = object(
  'Where the shard is reached.',
  {
    baseURL: string('URL under which other shards and the front proxy reach this one.', url),
    externalURL: string('URL that clients see, usually of the front proxy. Default: the base URL.', url),
    virtualWorkspaceURL: string('URL of the virtual workspaces of this shard. Default: the base URL.', url),
  },
  { required: ['baseURL'] },
);

const statusSchema = object('The state of the shard.', {
  capacity: mapOf('What the shard can hold, by resource.', {
    ...quantity('An amount.'),
    pattern:
      '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$',
  }),
  conditions: conditionsSchema,
});

export const shardSchema = object('A server that workspaces are placed on.', {
  spec: specSchema,
  status: statusSchema,
});

export type Shard = ObjectType<'core.kcp.io/v1alpha1', 'Shard', typeof shardSchema>;
export type ShardSpec = Infer<typeof specSchema>;

export const shardDeclaration = declareKind({
  group: 'core.kcp.io',
  kind: 'Shard',
  plural: 'shards',
  categories: ['kcp'],
  scope: 'Cluster',
  versions: [
    {
      name: 'v1alpha1',
      schema: shardSchema,
      status: true,
      columns: [
        { name: 'Region', type: 'string', jsonPath: ".metadata.labels['region']", description: 'Region of the shard.' },
        { name: 'URL', type: 'string', jsonPath: '.spec.baseURL', description: 'URL of the shard itself.' },
        {
          name: 'External URL',
          type: 'string',
          jsonPath: '.spec.externalURL',
          description: 'URL that the workspaces of this shard show to clients.',
        },
        ageColumn,
      ],
    },
  ],
});
