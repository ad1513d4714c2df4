import { conditionsSchema } from '../conditions/condition-schema.ts';
import { atomicList, list, mapOf, object } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { oneOfStrings, string } from '../schema-dsl/scalars.ts';
import type { ObjectType, Typed } from '../schema-dsl/typed-schema.ts';
import { ageColumn } from '../tables/columns.ts';

const prefixPattern = '^[a-z0-9]([-a-z0-9]{0,251}[a-z0-9])?$';
const namePattern = '^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$';
const keyMessage = 'a label key is a name of at most 63 characters, optionally after a prefix of at most 253 and a "/"';

/** CEL that is true if `variable` is a label key. */
function isLabelKey(variable: string): string {
  const prefix = `${variable}.split("/", 2)[0].matches("${prefixPattern}")`;
  const name = `${variable}.split("/", 2)[1].matches("${namePattern}")`;
  return `${variable}.contains("/") ? ${prefix} && ${name} : ${variable}.matches("${namePattern}")`;
}

const expressionSchema = object(
  'One condition on the labels of a shard.',
  {
    key: string('Label key that the condition is about.', {
      maxLength: 317,
      'x-kubernetes-validations': [{ rule: isLabelKey('self'), message: keyMessage }],
    }),
    operator: oneOfStrings('How the key relates to the values.', ['In', 'NotIn', 'Exists', 'DoesNotExist']),
    values: atomicList(
      'Values to compare with, for In and NotIn.',
      string('A label value.', { maxLength: 63, pattern: namePattern }),
    ),
  },
  {
    required: ['key', 'operator'],
    'x-kubernetes-validations': [
      {
        rule: 'self.operator in ["In", "NotIn"] ? size(self.values) > 0 : (self.operator in ["Exists", "DoesNotExist"] ? !has(self.values) : true)',
        message: 'In and NotIn need at least one value, Exists and DoesNotExist must not have any',
      },
    ],
  },
);

const shardSelectorSchema = object(
  'Shards to be partitioned. Left out, all.',
  {
    matchLabels: mapOf(
      'Labels that a shard must have with exactly these values.',
      string('A label value.', { maxLength: 380 }),
      {
        maxProperties: 10,
        'x-kubernetes-validations': [
          { rule: `self.all(k, ${isLabelKey('k')})`, message: keyMessage },
          {
            rule: `self.all(k, self[k].matches("${namePattern}"))`,
            message: `a label value has at most 63 characters and matches "${namePattern}"`,
          },
        ],
      },
    ),
    matchExpressions: atomicList('Further conditions, all of which must hold.', expressionSchema, { maxItems: 10 }),
  },
  { 'x-kubernetes-map-type': 'atomic' },
);

/** An integer without a format, as the published schema has it. */
const count: Typed<number> = { type: 'integer', description: 'Number of partitions that exist.' };

export const partitionSetSchema = object(
  'Makes one partition for each combination of values that some labels have on the shards.',
  {
    spec: object('How shards are divided.', {
      dimensions: list('Labels whose values tell the partitions apart.', string('A label key.')),
      shardSelector: shardSelectorSchema,
    }),
    status: object('The state of the set.', { count, conditions: conditionsSchema }),
  },
  { required: ['spec'] },
);

export type PartitionSet = ObjectType<'topology.kcp.io/v1alpha1', 'PartitionSet', typeof partitionSetSchema>;

export const partitionSetDeclaration = declareKind({
  group: 'topology.kcp.io',
  kind: 'PartitionSet',
  plural: 'partitionsets',
  categories: ['kcp'],
  scope: 'Cluster',
  versions: [
    {
      name: 'v1alpha1',
      schema: partitionSetSchema,
      status: true,
      columns: [
        { name: 'Count', type: 'string', jsonPath: '.status.count', description: 'Number of partitions.' },
        ageColumn,
      ],
    },
  ],
});
