import { extraValues } from '../authentication/user-info.ts';
import { atomicList, mapOf, message, wire, wireOptional } from '../schema-dsl/composites.ts';
import { boolean, string } from '../schema-dsl/scalars.ts';
import type { Infer } from '../schema-dsl/typed-schema.ts';
import { nonResourceAttributesSchema, resourceAttributesSchema } from './attributes.ts';

/** authorization/v1.SubjectAccessReviewSpec. */
export const subjectAccessReviewSpecSchema = message(
  'io.k8s.api.authorization.v1.SubjectAccessReviewSpec',
  'The question: one user or group, and one request, to a resource or to a path.',
  {
    resourceAttributes: wireOptional(1, resourceAttributesSchema),
    nonResourceAttributes: wireOptional(2, nonResourceAttributesSchema),
    user: wire(3, string('Name of the user. May be empty if there are groups.')),
    groups: wire(4, atomicList('Groups of the user.', string('Name of a group.'))),
    extra: wire(5, mapOf('What else is known of the user.', extraValues('authorization', 'Values of one key.'))),
    uid: wire(6, string('UID of the user.')),
  },
);

/** authorization/v1.SubjectAccessReviewStatus. */
export const subjectAccessReviewStatusSchema = message(
  'io.k8s.api.authorization.v1.SubjectAccessReviewStatus',
  'The answer.',
  {
    allowed: wire(1, boolean('Whether the request would be allowed.')),
    reason: wire(2, string('Why it would or would not.')),
    evaluationError: wire(3, string('What went wrong while it was found out. The answer may be right all the same.')),
    denied: wire(4, boolean('Whether the request would be denied outright, and not only for want of a permission.')),
  },
  { required: ['allowed'] },
);

export type SubjectAccessReviewSpec = Infer<typeof subjectAccessReviewSpecSchema>;
export type SubjectAccessReviewStatus = Infer<typeof subjectAccessReviewStatusSchema>;
