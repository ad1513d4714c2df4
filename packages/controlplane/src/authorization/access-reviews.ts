import { badRequest, type FieldError, invalid, invalidValue, type KubeObject } from '@canopy/apimachinery';
import type { ApiResponse, AuthorizationAttributes, Authorizer, ResourceCall, UserInfo } from '@canopy/apiserver';
import { answerReview, reviewOf } from './review-body.ts';

interface ResourceAttributes {
  namespace?: string;
  verb?: string;
  group?: string;
  version?: string;
  resource?: string;
  subresource?: string;
  name?: string;
}

/** Spec of SubjectAccessReview and its variants. */
export interface AccessReviewSpec {
  resourceAttributes?: ResourceAttributes | null;
  nonResourceAttributes?: { path?: string; verb?: string } | null;
  user?: string;
  uid?: string;
  groups?: string[] | null;
  extra?: Record<string, string[]> | null;
}

type Handler = (call: ResourceCall) => Promise<ApiResponse>;

function specOf(review: KubeObject): AccessReviewSpec {
  return (review.spec ?? {}) as AccessReviewSpec;
}

function checkAttributes(spec: AccessReviewSpec): FieldError[] {
  const hasResource = spec.resourceAttributes !== undefined && spec.resourceAttributes !== null;
  const hasPath = spec.nonResourceAttributes !== undefined && spec.nonResourceAttributes !== null;
  if (hasResource !== hasPath) return [];
  const field = hasResource ? 'spec.nonResourceAttributes' : 'spec.resourceAttributes';
  const why = hasResource
    ? 'cannot be specified in combination with resourceAttributes'
    : 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
  return [invalidValue(field, hasResource ? spec.nonResourceAttributes : null, why)];
}

function checkSubject(spec: AccessReviewSpec): FieldError[] {
  if (spec.user || (spec.groups?.length ?? 0) > 0) return [];
  return [invalidValue('spec.user', spec.user ?? '', 'at least one of user or group must be specified')];
}

function refuse(call: ResourceCall, errors: readonly FieldError[]): void {
  if (errors.length === 0) return;
  const { group, names } = call.resource.declaration;
  throw invalid({ group, resource: names.kind }, '', errors);
}

function subjectOf(spec: AccessReviewSpec): UserInfo {
  return {
    name: spec.user ?? '',
    groups: spec.groups ?? [],
    ...(spec.uid ? { uid: spec.uid } : {}),
    ...(spec.extra ? { extra: spec.extra } : {}),
  };
}

function attributesOf(call: ResourceCall, spec: AccessReviewSpec, user: UserInfo): AuthorizationAttributes {
  const { target } = call.context;
  const cluster = target.kind === 'cluster' ? target.name : undefined;
  const base = { user, cluster, wildcard: target.kind === 'wildcard' };
  const path = spec.nonResourceAttributes;
  if (path !== undefined && path !== null) {
    const none = { group: '', version: '', resource: '', subresource: '', namespace: '', name: '' };
    return { ...base, ...none, resourceRequest: false, verb: path.verb ?? '', path: path.path ?? '' };
  }
  const {
    namespace = '',
    verb = '',
    group = '',
    version = '',
    resource = '',
    subresource = '',
    name = '',
  } = spec.resourceAttributes ?? {};
  return {
    ...base,
    resourceRequest: true,
    verb,
    group,
    version: version === '' ? '*' : version,
    resource,
    subresource,
    namespace,
    name,
    path: '',
  };
}

async function decide(
  call: ResourceCall,
  review: KubeObject,
  user: UserInfo,
  authorizer: Authorizer,
): Promise<ApiResponse> {
  const { decision, reason } = await authorizer.authorize(attributesOf(call, specOf(review), user));
  return answerReview(call, review, {
    allowed: decision === 'allow',
    ...(decision === 'deny' ? { denied: true } : {}),
    ...(reason === '' ? {} : { reason }),
  });
}

/** Whether somebody may do something. */
export function subjectAccessReview(authorizer: Authorizer): Handler {
  return async (call) => {
    const review = await reviewOf(call);
    const spec = specOf(review);
    refuse(call, [...checkAttributes(spec), ...checkSubject(spec)]);
    return decide(call, review, subjectOf(spec), authorizer);
  };
}

/** The same within the namespace of the path. */
export function localSubjectAccessReview(authorizer: Authorizer): Handler {
  return async (call) => {
    const review = await reviewOf(call);
    const spec = specOf(review);
    const { namespace } = call.context.info;
    const errors = [...checkAttributes(spec), ...checkSubject(spec)];
    if (spec.nonResourceAttributes) {
      errors.push(
        invalidValue('spec.nonResourceAttributes', spec.nonResourceAttributes, 'disallowed on this kind of request'),
      );
    } else if (spec.resourceAttributes && (spec.resourceAttributes.namespace ?? '') !== namespace) {
      throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${namespace}`);
    }
    refuse(call, errors);
    review.metadata.namespace = namespace;
    return decide(call, review, subjectOf(spec), authorizer);
  };
}

/** Whether the caller may do something. */
export function selfSubjectAccessReview(authorizer: Authorizer): Handler {
  return async (call) => {
    const review = await reviewOf(call);
    refuse(call, checkAttributes(specOf(review)));
    return decide(call, review, call.context.user, authorizer);
  };
}
