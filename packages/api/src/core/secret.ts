import { mapOf, message, wire, wireOptional } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { boolean, bytes, string } from '../schema-dsl/scalars.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { computedAgeColumn, computedColumn } from '../tables/columns.ts';

export const secretSchema = message(
  'io.k8s.api.core.v1.Secret',
  'Confidential data of at most 1 MiB in all, such as passwords and keys.',
  {
    data: wire(
      2,
      mapOf(
        'The data, base64 encoded. Keys are made of letters, digits, "-", "_" and ".".',
        bytes('A value, base64 encoded.'),
      ),
    ),
    type: wire(3, string('What the data is meant for, such as Opaque or kubernetes.io/tls. Cannot be changed later.')),
    stringData: wire(
      4,
      mapOf(
        'Data given as plain text. It is moved into data, where it wins, and is never read back.',
        string('A value.'),
      ),
    ),
    immutable: wireOptional(
      5,
      boolean('If true, the data can never be changed again. Once set, this cannot be taken back.'),
    ),
  },
);

export type Secret = ObjectType<'v1', 'Secret', typeof secretSchema>;

export const secretDeclaration = declareKind({
  group: '',
  kind: 'Secret',
  plural: 'secrets',
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1',
      schema: secretSchema,
      columns: [
        computedColumn('Type', 'What the data is meant for.'),
        computedColumn('Data', 'Number of keys in data.'),
        computedAgeColumn,
      ],
      selectableFields: ['.type'],
    },
  ],
});
