import { atomicList, message, wire } from '../schema-dsl/composites.ts';
import { declareReview } from '../schema-dsl/declare-kind.ts';
import { boolean, string } from '../schema-dsl/scalars.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { createdAtColumn } from '../tables/columns.ts';
import { userInfoSchema } from './user-info.ts';

export const tokenReviewSchema = message(
  'io.k8s.api.authentication.v1.TokenReview',
  'Asks whose token this is.',
  {
    spec: wire(
      2,
      message(
        'io.k8s.api.authentication.v1.TokenReviewSpec',
        'The question.',
        {
          token: wire(1, string('The token.')),
          audiences: wire(
            2,
            atomicList(
              'Names of the one who asks. The token must be meant for one of them. Default: the API server.',
              string('An audience.'),
            ),
          ),
        },
        { required: ['token'] },
      ),
    ),
    status: wire(
      3,
      message('io.k8s.api.authentication.v1.TokenReviewStatus', 'The answer.', {
        authenticated: wire(1, boolean('Whether the token is a valid one.')),
        user: wire(2, userInfoSchema),
        error: wire(3, string('Why the token could not be checked.')),
        audiences: wire(
          4,
          atomicList('Audiences of the question that the token is meant for.', string('An audience.')),
        ),
      }),
    ),
  },
  { required: ['spec'] },
);

export type TokenReview = ObjectType<'authentication.k8s.io/v1', 'TokenReview', typeof tokenReviewSchema>;

export const tokenReviewDeclaration = declareReview({
  group: 'authentication.k8s.io',
  kind: 'TokenReview',
  plural: 'tokenreviews',
  scope: 'Cluster',
  versions: [{ name: 'v1', schema: tokenReviewSchema, columns: [createdAtColumn] }],
});
