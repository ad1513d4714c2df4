import { badRequest, invalid, required } from '@canopy/apimachinery';
import type { ApiResponse, ResourceCall, UserInfo } from '@canopy/apiserver';
import { answerReview, reviewOf } from '../authorization/review-body.ts';

export type TokenReviewResult =
  | { authenticated: true; user: UserInfo; audiences: readonly string[] }
  | { authenticated: false; error?: string };

/** Finds out whose token this is. `audiences` empty: those of the API server. */
export interface TokenReviewer {
  reviewToken(token: string, audiences: readonly string[], call: ResourceCall): Promise<TokenReviewResult>;
}

/** authentication/v1 UserInfo of a user. */
function userInfo(user: UserInfo): Record<string, unknown> {
  return {
    username: user.name,
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    groups: user.groups,
    ...(user.extra === undefined ? {} : { extra: user.extra }),
  };
}

/** Whose token this is. */
export function tokenReview(reviewer: TokenReviewer): (call: ResourceCall) => Promise<ApiResponse> {
  return async (call) => {
    const review = await reviewOf(call);
    const { token = '', audiences } = (review.spec ?? {}) as { token?: string; audiences?: string[] | null };
    if (token === '') {
      throw invalid({ group: 'authentication.k8s.io', resource: 'TokenReview' }, '', [required('spec.token')]);
    }
    if (review.metadata.namespace) throw badRequest('namespace is not allowed on this type');
    const result = await reviewer.reviewToken(token, audiences ?? [], call);
    if (result.authenticated) {
      return answerReview(call, review, {
        authenticated: true,
        user: userInfo(result.user),
        audiences: result.audiences,
      });
    }
    return answerReview(call, review, result.error === undefined ? { user: {} } : { user: {}, error: result.error });
  };
}

/** Who the caller is, as the server sees it. */
export async function selfSubjectReview(call: ResourceCall): Promise<ApiResponse> {
  const review = await reviewOf(call);
  return answerReview(call, review, { userInfo: userInfo(call.context.user) });
}
