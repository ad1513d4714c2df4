import { atomicList, message, wire } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { bindingColumns } from './binding-columns.ts';
import { roleRefSchema, subjectSchema } from './subject.ts';

export const clusterRoleBindingSchema = message(
  'io.k8s.api.rbac.v1.ClusterRoleBinding',
  'Grants the permissions of a cluster role in all namespaces and for cluster-scoped resources.',
  {
    subjects: wire(2, atomicList('Who gets the permissions.', subjectSchema)),
    roleRef: wire(3, roleRefSchema),
  },
  { required: ['roleRef'] },
);

export type ClusterRoleBinding = ObjectType<
  'rbac.authorization.k8s.io/v1',
  'ClusterRoleBinding',
  typeof clusterRoleBindingSchema
>;

export const clusterRoleBindingDeclaration = declareKind({
  group: 'rbac.authorization.k8s.io',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  scope: 'Cluster',
  nameValidation: 'PathSegmentName',
  versions: [{ name: 'v1', schema: clusterRoleBindingSchema, columns: bindingColumns }],
});
