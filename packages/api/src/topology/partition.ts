import { labelSelectorSchema } from '../meta/label-selector.ts';
import { described, object } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { ageColumn } from '../tables/columns.ts';

export const partitionSchema = object(
  'A set of shards. Endpoint slices name one to be limited to it.',
  {
    spec: object('What belongs to the partition.', {
      selector: described('Labels of the shards that belong to the partition.', labelSelectorSchema),
    }),
  },
  { required: ['spec'] },
);

export type Partition = ObjectType<'topology.kcp.io/v1alpha1', 'Partition', typeof partitionSchema>;

export const partitionDeclaration = declareKind({
  group: 'topology.kcp.io',
  kind: 'Partition',
  plural: 'partitions',
  categories: ['kcp'],
  scope: 'Cluster',
  versions: [
    {
      name: 'v1alpha1',
      schema: partitionSchema,
      columns: [
        {
          name: 'Owner',
          type: 'string',
          jsonPath: '.metadata.ownerReferences[*].name',
          description: 'Name of the partition set that made the partition.',
        },
        ageColumn,
      ],
    },
  ],
});
