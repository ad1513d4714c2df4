import { atomicList, message, wire } from '../schema-dsl/composites.ts';
import { declareReview } from '../schema-dsl/declare-kind.ts';
import { boolean, string } from '../schema-dsl/scalars.ts';
import type { Infer, ObjectType } from '../schema-dsl/typed-schema.ts';
import { createdAtColumn } from '../tables/columns.ts';

const verbs = atomicList('Verbs that are allowed. "*" stands for all.', string('A verb.'));

const resourceRuleSchema = message(
  'io.k8s.api.authorization.v1.ResourceRule',
  'Some verbs on some resources.',
  {
    verbs: wire(1, verbs),
    apiGroups: wire(2, atomicList('API groups of the resources. "*" stands for all.', string('An API group.'))),
    resources: wire(3, atomicList('The resources. "*" stands for all.', string('A resource.'))),
    resourceNames: wire(4, atomicList('Names of the objects. Empty means all.', string('Name of an object.'))),
  },
  { required: ['verbs'] },
);

const nonResourceRuleSchema = message(
  'io.k8s.api.authorization.v1.NonResourceRule',
  'Some verbs on some paths.',
  {
    verbs: wire(1, verbs),
    nonResourceURLs: wire(2, atomicList('The paths. "*" may stand at the end.', string('A path.'))),
  },
  { required: ['verbs'] },
);

const statusSchema = message(
  'io.k8s.api.authorization.v1.SubjectRulesReviewStatus',
  'The answer. For showing what is possible, not for deciding.',
  {
    resourceRules: wire(1, atomicList('What is allowed with resources.', resourceRuleSchema)),
    nonResourceRules: wire(2, atomicList('What is allowed with paths.', nonResourceRuleSchema)),
    incomplete: wire(3, boolean('Whether there may be more than what is listed.')),
    evaluationError: wire(4, string('What went wrong while it was found out.')),
  },
  { required: ['resourceRules', 'nonResourceRules', 'incomplete'] },
);

export const selfSubjectRulesReviewSchema = message(
  'io.k8s.api.authorization.v1.SelfSubjectRulesReview',
  'Asks what the asking user may do in a namespace.',
  {
    spec: wire(
      2,
      message('io.k8s.api.authorization.v1.SelfSubjectRulesReviewSpec', 'The question.', {
        namespace: wire(1, string('The namespace. Required.')),
      }),
    ),
    status: wire(3, statusSchema),
  },
  { required: ['spec'] },
);

export type SelfSubjectRulesReview = ObjectType<
  'authorization.k8s.io/v1',
  'SelfSubjectRulesReview',
  typeof selfSubjectRulesReviewSchema
>;
export type ResourceRule = Infer<typeof resourceRuleSchema>;
export type NonResourceRule = Infer<typeof nonResourceRuleSchema>;

export const selfSubjectRulesReviewDeclaration = declareReview({
  group: 'authorization.k8s.io',
  kind: 'SelfSubjectRulesReview',
  plural: 'selfsubjectrulesreviews',
  scope: 'Cluster',
  versions: [{ name: 'v1', schema: selfSubjectRulesReviewSchema, columns: [createdAtColumn] }],
});
