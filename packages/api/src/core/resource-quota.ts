import { atomicList, described, mapOf, message, wire, wireOptional } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { quantity, string } from '../schema-dsl/scalars.ts';
import type { Infer, ObjectType } from '../schema-dsl/typed-schema.ts';
import { computedAgeColumn, computedColumn } from '../tables/columns.ts';

const resourceList = mapOf('Amounts by resource.', quantity('An amount.'));

const requirementSchema = message(
  'io.k8s.api.core.v1.ScopedResourceSelectorRequirement',
  'One condition on the scope of an object.',
  {
    scopeName: wire(1, string('Scope that the condition is about.')),
    operator: wire(2, string('How the scope relates to the values: In, NotIn, Exists or DoesNotExist.')),
    values: wire(3, atomicList('Values to compare with, for In and NotIn.', string('A value.'))),
  },
  { required: ['scopeName', 'operator'] },
);

const scopeSelectorSchema = message(
  'io.k8s.api.core.v1.ScopeSelector',
  'Objects that the quota counts, by their scopes. All conditions have to hold.',
  { matchExpressions: wire(1, atomicList('The conditions.', requirementSchema)) },
  { 'x-kubernetes-map-type': 'atomic' },
);

export const resourceQuotaSchema = message(
  'io.k8s.api.core.v1.ResourceQuota',
  'Limits how much of some resources there may be in a namespace.',
  {
    spec: wire(
      2,
      message('io.k8s.api.core.v1.ResourceQuotaSpec', 'The limits.', {
        hard: wire(1, described('The limit of each resource, such as count/secrets.', resourceList)),
        scopes: wire(2, atomicList('Scopes that an object must all be in to be counted.', string('A scope.'))),
        scopeSelector: wireOptional(3, scopeSelectorSchema),
      }),
    ),
    status: wire(
      3,
      message('io.k8s.api.core.v1.ResourceQuotaStatus', 'The limits in force, and what is used.', {
        hard: wire(1, described('The limits in force.', resourceList)),
        used: wire(2, described('What is used now.', resourceList)),
      }),
    ),
  },
);

export type ResourceQuota = ObjectType<'v1', 'ResourceQuota', typeof resourceQuotaSchema>;
export type ResourceList = Infer<typeof resourceList>;

export const resourceQuotaDeclaration = declareKind({
  group: '',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  shortNames: ['quota'],
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1',
      schema: resourceQuotaSchema,
      status: true,
      columns: [
        computedColumn('Request', 'What is used, and the limit, of counts and requests.'),
        computedColumn('Limit', 'What is used, and the limit, of limits.'),
        computedAgeColumn,
      ],
    },
  ],
});
