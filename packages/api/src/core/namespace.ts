import { atomicList, mergedListMap, message, wire } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { string, time } from '../schema-dsl/scalars.ts';
import type { Infer, ObjectType } from '../schema-dsl/typed-schema.ts';
import { computedAgeColumn, computedColumn } from '../tables/columns.ts';

const conditionSchema = message(
  'io.k8s.api.core.v1.NamespaceCondition',
  'One aspect of the state that a namespace is in.',
  {
    type: wire(1, string('What the condition is about.')),
    status: wire(2, string('True, False or Unknown.')),
    lastTransitionTime: wire(4, time('When the status last changed.')),
    reason: wire(5, string('Why the condition is as it is, as one word for programs.')),
    message: wire(6, string('Why the condition is as it is, for people.')),
  },
  { required: ['type', 'status'] },
);

export const namespaceSchema = message(
  'io.k8s.api.core.v1.Namespace',
  'A scope for the names of namespaced objects. Deleting it deletes all that is in it.',
  {
    spec: wire(
      2,
      message('io.k8s.api.core.v1.NamespaceSpec', 'What is wanted of the namespace.', {
        finalizers: wire(
          1,
          atomicList(
            'Who has to agree before the namespace can go. Changed through the finalize subresource only.',
            string('A finalizer, such as kubernetes.'),
          ),
        ),
      }),
    ),
    status: wire(
      3,
      message('io.k8s.api.core.v1.NamespaceStatus', 'The state that the namespace was seen in.', {
        phase: wire(1, string('Active, or Terminating once the namespace is being deleted.')),
        conditions: wire(2, mergedListMap('type', 'How far the deletion of the namespace has come.', conditionSchema)),
      }),
    ),
  },
);

export type Namespace = ObjectType<'v1', 'Namespace', typeof namespaceSchema>;
export type NamespaceCondition = Infer<typeof conditionSchema>;

export const namespaceDeclaration = declareKind({
  group: '',
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  scope: 'Cluster',
  nameValidation: 'DNS1123Label',
  versions: [
    {
      name: 'v1',
      schema: namespaceSchema,
      status: true,
      columns: [computedColumn('Status', 'Whether the namespace is in use or being deleted.'), computedAgeColumn],
      selectableFields: ['.status.phase'],
    },
  ],
});
