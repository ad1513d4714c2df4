import { badRequest } from '@canopy/apimachinery';
import type { ApiResponse, ClusterAccess, ResourceCall, UserInfo } from '@canopy/apiserver';
import { singleCluster } from '@canopy/apiserver';
import { answerReview, reviewOf } from './review-body.ts';

/** What somebody may do in a namespace, as far as it can be listed. */
export interface SubjectRules {
  resourceRules: readonly {
    verbs: readonly string[];
    apiGroups?: readonly string[];
    resources?: readonly string[];
    resourceNames?: readonly string[];
  }[];
  nonResourceRules: readonly { verbs: readonly string[]; nonResourceURLs?: readonly string[] }[];
  /** There may be more than what is listed. */
  incomplete: boolean;
  evaluationError?: string;
}

export interface RuleLister {
  rulesFor(user: UserInfo, access: ClusterAccess, namespace: string): Promise<SubjectRules>;
}

/** What the caller may do in a namespace. */
export function selfSubjectRulesReview(lister: RuleLister): (call: ResourceCall) => Promise<ApiResponse> {
  return async (call) => {
    const review = await reviewOf(call);
    const { namespace = '' } = (review.spec ?? {}) as { namespace?: string };
    if (namespace === '') throw badRequest('no namespace on request');
    const rules = await lister.rulesFor(call.context.user, singleCluster(call).access, namespace);
    return answerReview(call, review, { ...rules });
  };
}
