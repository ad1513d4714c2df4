import type { ApiResponse, Authorizer, ResourceCall } from '@canopy/apiserver';
import { selfSubjectReview, type TokenReviewer, tokenReview } from './authentication/identity-reviews.ts';
import {
  localSubjectAccessReview,
  selfSubjectAccessReview,
  subjectAccessReview,
} from './authorization/access-reviews.ts';
import { type RuleLister, selfSubjectRulesReview } from './authorization/self-subject-rules-review.ts';

export interface ReviewHandlerOptions {
  authorizer: Authorizer;
  rules: RuleLister;
  tokens: TokenReviewer;
}

/** Handlers of the kinds that are never stored, by `group/plural`. */
export function reviewHandlers(
  options: ReviewHandlerOptions,
): ReadonlyMap<string, (call: ResourceCall) => Promise<ApiResponse>> {
  const { authorizer } = options;
  return new Map([
    ['authentication.k8s.io/tokenreviews', tokenReview(options.tokens)],
    ['authentication.k8s.io/selfsubjectreviews', selfSubjectReview],
    ['authorization.k8s.io/subjectaccessreviews', subjectAccessReview(authorizer)],
    ['authorization.k8s.io/localsubjectaccessreviews', localSubjectAccessReview(authorizer)],
    ['authorization.k8s.io/selfsubjectaccessreviews', selfSubjectAccessReview(authorizer)],
    ['authorization.k8s.io/selfsubjectrulesreviews', selfSubjectRulesReview(options.rules)],
  ]);
}
