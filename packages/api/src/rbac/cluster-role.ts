import { labelSelectorSchema } from '../meta/label-selector.ts';
import { atomicList, message, wire, wireOptional } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { createdAtColumn } from '../tables/columns.ts';
import { policyRuleSchema } from './policy-rule.ts';

const aggregationRuleSchema = message(
  'io.k8s.api.rbac.v1.AggregationRule',
  'Collects the rules of other cluster roles. The own rules are then written by a controller.',
  {
    clusterRoleSelectors: wire(
      1,
      atomicList(
        'Cluster roles whose rules are collected: those that match any of the selectors.',
        labelSelectorSchema,
      ),
    ),
  },
);

export const clusterRoleSchema = message(
  'io.k8s.api.rbac.v1.ClusterRole',
  'Permissions to be granted in a whole workspace by cluster role bindings, or in one namespace by role bindings.',
  {
    rules: wire(2, atomicList('The permissions.', policyRuleSchema)),
    aggregationRule: wireOptional(3, aggregationRuleSchema),
  },
);

export type ClusterRole = ObjectType<'rbac.authorization.k8s.io/v1', 'ClusterRole', typeof clusterRoleSchema>;

export const clusterRoleDeclaration = declareKind({
  group: 'rbac.authorization.k8s.io',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  scope: 'Cluster',
  nameValidation: 'PathSegmentName',
  versions: [{ name: 'v1', schema: clusterRoleSchema, columns: [createdAtColumn] }],
});
