import { message, wire } from '../schema-dsl/composites.ts';
import { declareReview } from '../schema-dsl/declare-kind.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { createdAtColumn } from '../tables/columns.ts';
import { subjectAccessReviewSpecSchema, subjectAccessReviewStatusSchema } from './access-review-parts.ts';

export const localSubjectAccessReviewSchema = message(
  'io.k8s.api.authorization.v1.LocalSubjectAccessReview',
  'Asks whether a user may do something in the namespace of the review.',
  {
    spec: wire(2, subjectAccessReviewSpecSchema),
    status: wire(3, subjectAccessReviewStatusSchema),
  },
  { required: ['spec'] },
);

export type LocalSubjectAccessReview = ObjectType<
  'authorization.k8s.io/v1',
  'LocalSubjectAccessReview',
  typeof localSubjectAccessReviewSchema
>;

export const localSubjectAccessReviewDeclaration = declareReview({
  group: 'authorization.k8s.io',
  kind: 'LocalSubjectAccessReview',
  plural: 'localsubjectaccessreviews',
  scope: 'Namespaced',
  versions: [{ name: 'v1', schema: localSubjectAccessReviewSchema, columns: [createdAtColumn] }],
});
