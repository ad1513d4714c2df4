import { atomicList, message, wire } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { createdAtColumn } from '../tables/columns.ts';
import { policyRuleSchema } from './policy-rule.ts';

export const roleSchema = message(
  'io.k8s.api.rbac.v1.Role',
  'Permissions within one namespace, to be granted by role bindings.',
  {
    rules: wire(2, atomicList('The permissions.', policyRuleSchema)),
  },
);

export type Role = ObjectType<'rbac.authorization.k8s.io/v1', 'Role', typeof roleSchema>;

export const roleDeclaration = declareKind({
  group: 'rbac.authorization.k8s.io',
  kind: 'Role',
  plural: 'roles',
  scope: 'Namespaced',
  nameValidation: 'PathSegmentName',
  versions: [{ name: 'v1', schema: roleSchema, columns: [createdAtColumn] }],
});
