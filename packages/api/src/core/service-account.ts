import { atomicList, mergedListMap, message, wire, wireOptional } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { boolean } from '../schema-dsl/scalars.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { computedAgeColumn, computedColumn } from '../tables/columns.ts';
import { localObjectReferenceSchema, objectReferenceSchema } from './object-reference.ts';

export const serviceAccountSchema = message(
  'io.k8s.api.core.v1.ServiceAccount',
  'An identity for programs. Tokens for it are made with its token subresource.',
  {
    secrets: wire(
      2,
      mergedListMap(
        'name',
        'Secrets in the same namespace that programs of this account may use.',
        objectReferenceSchema,
      ),
    ),
    imagePullSecrets: wire(
      3,
      atomicList('Secrets in the same namespace with which container images are pulled.', localObjectReferenceSchema),
    ),
    automountServiceAccountToken: wireOptional(
      4,
      boolean('Whether programs that run under this account get a token of it mounted.'),
    ),
  },
);

export type ServiceAccount = ObjectType<'v1', 'ServiceAccount', typeof serviceAccountSchema>;

export const serviceAccountDeclaration = declareKind({
  group: '',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  shortNames: ['sa'],
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1',
      schema: serviceAccountSchema,
      columns: [computedColumn('Secrets', 'Number of secrets listed.'), computedAgeColumn],
    },
  ],
});
