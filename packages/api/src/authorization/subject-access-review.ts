import { message, wire } from '../schema-dsl/composites.ts';
import { declareReview } from '../schema-dsl/declare-kind.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { createdAtColumn } from '../tables/columns.ts';
import { subjectAccessReviewSpecSchema, subjectAccessReviewStatusSchema } from './access-review-parts.ts';

export const subjectAccessReviewSchema = message(
  'io.k8s.api.authorization.v1.SubjectAccessReview',
  'Asks whether a user may do something.',
  {
    spec: wire(2, subjectAccessReviewSpecSchema),
    status: wire(3, subjectAccessReviewStatusSchema),
  },
  { required: ['spec'] },
);

export type SubjectAccessReview = ObjectType<
  'authorization.k8s.io/v1',
  'SubjectAccessReview',
  typeof subjectAccessReviewSchema
>;

export const subjectAccessReviewDeclaration = declareReview({
  group: 'authorization.k8s.io',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  scope: 'Cluster',
  versions: [{ name: 'v1', schema: subjectAccessReviewSchema, columns: [createdAtColumn] }],
});
