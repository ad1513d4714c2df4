import { mapOf, message, wire, wireOptional } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { boolean, bytes, string } from '../schema-dsl/scalars.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { computedAgeColumn, computedColumn } from '../tables/columns.ts';

export const configMapSchema = message('io.k8s.api.core.v1.ConfigMap', 'Settings for programs to read.', {
  data: wire(
    2,
    mapOf(
      'The settings as text. Keys are made of letters, digits, "-", "_" and "."; no key may be in binaryData as well.',
      string('A value, in UTF-8.'),
    ),
  ),
  binaryData: wire(
    3,
    mapOf('Settings that are not text, base64 encoded. Keys as in data.', bytes('A value, base64 encoded.')),
  ),
  immutable: wireOptional(
    4,
    boolean('If true, data and binaryData can never be changed again. Once set, this cannot be taken back.'),
  ),
});

export type ConfigMap = ObjectType<'v1', 'ConfigMap', typeof configMapSchema>;

export const configMapDeclaration = declareKind({
  group: '',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1',
      schema: configMapSchema,
      columns: [computedColumn('Data', 'Number of keys in data and binaryData.'), computedAgeColumn],
    },
  ],
});
