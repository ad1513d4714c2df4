import { list, listMap, metadataWith, object } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { string } from '../schema-dsl/scalars.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { ageColumn } from '../tables/columns.ts';

const versionRules = { minLength: 1, pattern: '^v[1-9][0-9]*([a-z]+[1-9][0-9]*)?$' };

const ruleSchema = object(
  'Moves or computes one field.',
  {
    field: string('Path of the field in the old version.', { minLength: 1 }),
    destination: string('Path of the field in the new version.', { minLength: 1 }),
    transformation: string('CEL expression that gives the new value. Left out, the value stays as it is.'),
  },
  { required: ['destination', 'field'] },
);

const conversionSchema = object(
  'How one version is made from another.',
  {
    from: string('The old version.', versionRules),
    to: string('The new version.', versionRules),
    rules: listMap(['destination'], 'What happens to single fields.', ruleSchema),
    preserve: list(
      'Fields that are kept in an annotation because the new version has no place for them.',
      string('A path.'),
    ),
  },
  { required: ['from', 'rules', 'to'] },
);

export const apiConversionSchema = object(
  'Rules for converting objects of the APIResourceSchema of the same name.',
  {
    metadata: metadataWith({}),
    spec: object(
      'The rules.',
      { conversions: listMap(['from', 'to'], 'One entry for each pair of versions.', conversionSchema) },
      { required: ['conversions'] },
    ),
  },
  { required: ['metadata', 'spec'] },
);

export type APIConversion = ObjectType<'apis.kcp.io/v1alpha1', 'APIConversion', typeof apiConversionSchema>;

export const apiConversionDeclaration = declareKind({
  group: 'apis.kcp.io',
  kind: 'APIConversion',
  plural: 'apiconversions',
  categories: ['kcp'],
  scope: 'Cluster',
  versions: [{ name: 'v1alpha1', schema: apiConversionSchema, columns: [ageColumn] }],
});
