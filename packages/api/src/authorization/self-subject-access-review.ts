import { message, wire, wireOptional } from '../schema-dsl/composites.ts';
import { declareReview } from '../schema-dsl/declare-kind.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { createdAtColumn } from '../tables/columns.ts';
import { subjectAccessReviewStatusSchema } from './access-review-parts.ts';
import { nonResourceAttributesSchema, resourceAttributesSchema } from './attributes.ts';

export const selfSubjectAccessReviewSchema = message(
  'io.k8s.api.authorization.v1.SelfSubjectAccessReview',
  'Asks whether the asking user may do something.',
  {
    spec: wire(
      2,
      message(
        'io.k8s.api.authorization.v1.SelfSubjectAccessReviewSpec',
        'The question: one request, to a resource or to a path.',
        {
          resourceAttributes: wireOptional(1, resourceAttributesSchema),
          nonResourceAttributes: wireOptional(2, nonResourceAttributesSchema),
        },
      ),
    ),
    status: wire(3, subjectAccessReviewStatusSchema),
  },
  { required: ['spec'] },
);

export type SelfSubjectAccessReview = ObjectType<
  'authorization.k8s.io/v1',
  'SelfSubjectAccessReview',
  typeof selfSubjectAccessReviewSchema
>;

export const selfSubjectAccessReviewDeclaration = declareReview({
  group: 'authorization.k8s.io',
  kind: 'SelfSubjectAccessReview',
  plural: 'selfsubjectaccessreviews',
  scope: 'Cluster',
  versions: [{ name: 'v1', schema: selfSubjectAccessReviewSchema, columns: [createdAtColumn] }],
});
