import { message, wire } from '../schema-dsl/composites.ts';
import { declareReview } from '../schema-dsl/declare-kind.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { createdAtColumn } from '../tables/columns.ts';
import { userInfoSchema } from './user-info.ts';

export const selfSubjectReviewSchema = message(
  'io.k8s.api.authentication.v1.SelfSubjectReview',
  'Asks who the asking user is, after all authentication and impersonation.',
  {
    status: wire(
      2,
      message('io.k8s.api.authentication.v1.SelfSubjectReviewStatus', 'The answer.', {
        userInfo: wire(1, userInfoSchema),
      }),
    ),
  },
);

export type SelfSubjectReview = ObjectType<
  'authentication.k8s.io/v1',
  'SelfSubjectReview',
  typeof selfSubjectReviewSchema
>;

export const selfSubjectReviewDeclaration = declareReview({
  group: 'authentication.k8s.io',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  scope: 'Cluster',
  versions: [{ name: 'v1', schema: selfSubjectReviewSchema, columns: [createdAtColumn] }],
});
