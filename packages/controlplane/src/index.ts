export type { NamespaceLifecycleOptions, NamespaceState } from './admission/namespace-lifecycle.ts';
export { immortalNamespaces, isNamespaceTerminating, namespaceLifecycle } from './admission/namespace-lifecycle.ts';
export { NamespaceStates } from './admission/namespace-states.ts';
export type { TokenReviewer, TokenReviewResult } from './authentication/identity-reviews.ts';
export type { RuleLister, SubjectRules } from './authorization/self-subject-rules-review.ts';
export {
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
} from './certificates/certificate-admission.ts';
export { namespaceFinalizer, namespaceNameLabel } from './core/namespace-strategy.ts';
export { convertEvent, storedEventVersion } from './events/event-conversion.ts';
export { eventLifetimeSeconds } from './events/event-object.ts';
export type { QuotaObject } from './quota/quota-scope.ts';
export {
  clusterScopedQuotaAnnotation,
  countedKeys,
  countedResource,
  isClusterScopedQuota,
} from './quota/quota-scope.ts';
export type { QuotaCounter } from './quota/recount-quota.ts';
export { recountQuota } from './quota/recount-quota.ts';
export type { ResourceQuotaOptions } from './quota/resource-quota-admission.ts';
export { resourceQuota } from './quota/resource-quota-admission.ts';
export type { RbacEscalationOptions } from './rbac/rbac-escalation.ts';
export { rbacEscalation } from './rbac/rbac-escalation.ts';
export type { BindingObject, RbacRule, RbacSubject, RoleObject, RoleReference } from './rbac/rbac-objects.ts';
export type { ReviewHandlerOptions } from './review-handlers.ts';
export { reviewHandlers } from './review-handlers.ts';
export { strategies } from './strategies.ts';
export type { SubresourceEndpointOptions } from './subresources/subresource-endpoints.ts';
export { subresourceEndpoints } from './subresources/subresource-endpoints.ts';
export type { BoundObject, ServiceAccountTokenRequest, TokenIssuer } from './subresources/token-request.ts';
