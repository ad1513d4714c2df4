import { atomicList, message, wire } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { bindingColumns } from './binding-columns.ts';
import { roleRefSchema, subjectSchema } from './subject.ts';

export const roleBindingSchema = message(
  'io.k8s.api.rbac.v1.RoleBinding',
  'Grants the permissions of a role, or of a cluster role, within the namespace of the binding.',
  {
    subjects: wire(2, atomicList('Who gets the permissions.', subjectSchema)),
    roleRef: wire(3, roleRefSchema),
  },
  { required: ['roleRef'] },
);

export type RoleBinding = ObjectType<'rbac.authorization.k8s.io/v1', 'RoleBinding', typeof roleBindingSchema>;

export const roleBindingDeclaration = declareKind({
  group: 'rbac.authorization.k8s.io',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  scope: 'Namespaced',
  nameValidation: 'PathSegmentName',
  versions: [{ name: 'v1', schema: roleBindingSchema, columns: bindingColumns }],
});
