export type { CustomResourceConversion } from './apiextensions/custom-resource-conversion.ts';
export type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionNames,
} from './apiextensions/custom-resource-definition.ts';
export { customResourceDefinitionDeclaration } from './apiextensions/custom-resource-definition.ts';
export type { CustomResourceDefinitionVersion } from './apiextensions/custom-resource-version.ts';
// apiextensions.k8s.io/v1
export { jsonSchemaPropsMessage, jsonSchemaPropsSchema } from './apiextensions/json-schema-props.ts';
export type { APIBinding } from './apis/api-binding.ts';
export { apiBindingDeclaration } from './apis/api-binding.ts';
export type { APIBindingPhase, BoundAPIResource } from './apis/api-binding-parts.ts';
export type { APIBindingV1alpha1 } from './apis/api-binding-v1alpha1.ts';
export type { APIConversion } from './apis/api-conversion.ts';
export { apiConversionDeclaration } from './apis/api-conversion.ts';
// apis.kcp.io/v1alpha2 and v1alpha1
export type { APIExport, APIExportResource } from './apis/api-export.ts';
export { apiExportDeclaration } from './apis/api-export.ts';
export type { APIExportEndpointSlice } from './apis/api-export-endpoint-slice.ts';
export { apiExportEndpointSliceDeclaration } from './apis/api-export-endpoint-slice.ts';
export type { APIExportV1alpha1 } from './apis/api-export-v1alpha1.ts';
export type { APIResourceSchema, APIResourceVersion } from './apis/api-resource-schema.ts';
export { apiResourceSchemaDeclaration } from './apis/api-resource-schema.ts';
export type { ExportBindingReference } from './apis/export-reference.ts';
export type { AcceptablePermissionClaim, PermissionClaim, ScopedPermissionClaim } from './apis/permission-claim.ts';
export type {
  AcceptablePermissionClaimV1alpha1,
  PermissionClaimV1alpha1,
} from './apis/permission-claim-v1alpha1.ts';
export type { SelfSubjectReview } from './authentication/self-subject-review.ts';
export { selfSubjectReviewDeclaration } from './authentication/self-subject-review.ts';
export type { TokenRequest } from './authentication/token-request.ts';
export { tokenRequestSchema } from './authentication/token-request.ts';
export type { TokenReview } from './authentication/token-review.ts';
export { tokenReviewDeclaration } from './authentication/token-review.ts';
// authentication.k8s.io/v1
export type { UserInfo } from './authentication/user-info.ts';
export type { SubjectAccessReviewSpec, SubjectAccessReviewStatus } from './authorization/access-review-parts.ts';
// authorization.k8s.io/v1
export type { NonResourceAttributes, ResourceAttributes } from './authorization/attributes.ts';
export type { LocalSubjectAccessReview } from './authorization/local-subject-access-review.ts';
export { localSubjectAccessReviewDeclaration } from './authorization/local-subject-access-review.ts';
export type { SelfSubjectAccessReview } from './authorization/self-subject-access-review.ts';
export { selfSubjectAccessReviewDeclaration } from './authorization/self-subject-access-review.ts';
export type {
  NonResourceRule,
  ResourceRule,
  SelfSubjectRulesReview,
} from './authorization/self-subject-rules-review.ts';
export { selfSubjectRulesReviewDeclaration } from './authorization/self-subject-rules-review.ts';
export type { SubjectAccessReview } from './authorization/subject-access-review.ts';
export { subjectAccessReviewDeclaration } from './authorization/subject-access-review.ts';
export { tableCells } from './cells-by-kind.ts';
export type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
} from './certificates/certificate-signing-request.ts';
export { certificateSigningRequestDeclaration, keyUsages } from './certificates/certificate-signing-request.ts';
export type { ConditionSeverity, ConditionStatus, NewCondition } from './conditions/condition.ts';
export {
  deleteCondition,
  findCondition,
  isConditionFalse,
  isConditionTrue,
  setCondition,
} from './conditions/condition.ts';
// Conditions of kcp kinds.
export type { Condition } from './conditions/condition-schema.ts';
export type { SummaryOptions } from './conditions/summary.ts';
export { summarizeReady } from './conditions/summary.ts';
export type { Lease } from './coordination/lease.ts';
export { leaseDeclaration } from './coordination/lease.ts';
export type { ConfigMap } from './core/config-map.ts';
export { configMapDeclaration } from './core/config-map.ts';
export type { Event } from './core/event.ts';
export { eventDeclaration } from './core/event.ts';
export type { EventSource } from './core/event-source.ts';
// core/v1
export type { Namespace, NamespaceCondition } from './core/namespace.ts';
export { namespaceDeclaration } from './core/namespace.ts';
export type { ObjectReference } from './core/object-reference.ts';
export type { ResourceList, ResourceQuota } from './core/resource-quota.ts';
export { resourceQuotaDeclaration } from './core/resource-quota.ts';
export type { Secret } from './core/secret.ts';
export { secretDeclaration } from './core/secret.ts';
export type { ServiceAccount } from './core/service-account.ts';
export { serviceAccountDeclaration } from './core/service-account.ts';
export {
  builtinDeclarations,
  kcpSystemDeclarations,
  shardDeclarations,
  tenancyDeclarations,
  topologyDeclarations,
} from './declarations.ts';
// events.k8s.io/v1, coordination.k8s.io/v1, certificates.k8s.io/v1
export type { Event as EventsEvent } from './events/event.ts';
export { eventsEventDeclaration } from './events/event.ts';
export type { Endpoint } from './kcp-core/endpoint.ts';
// core.kcp.io/v1alpha1
export type { WorkspacePhase } from './kcp-core/lifecycle.ts';
export type { LogicalCluster, LogicalClusterOwner, LogicalClusterUserInfo } from './kcp-core/logical-cluster.ts';
export { logicalClusterDeclaration } from './kcp-core/logical-cluster.ts';
export type { Shard, ShardSpec } from './kcp-core/shard.ts';
export { shardDeclaration } from './kcp-core/shard.ts';
// Names that kcp has given a meaning.
export {
  apiBindingFinalizer,
  boundCRDAnnotation,
  boundCRDIdentityAnnotation,
  boundCRDSchemaClusterAnnotation,
  boundCRDSchemaNameAnnotation,
  boundCRDSchemaStorageAnnotation,
  exportLabel,
  extraAnnotationPrefix,
  identitySecretKey,
  identitySecretNamespace,
  maximalPermissionPolicyPrefix,
  partialMetadataAnnotation,
  permissionClaimLabelPrefix,
  preserveConversionPrefix,
  skipEndpointSliceAnnotation,
} from './kcp-names/api-names.ts';
export {
  cachedResourceFinalizer,
  cachedResourceKindAnnotation,
  cachedResourceScopeAnnotation,
} from './kcp-names/cache-names.ts';
export {
  accessVerb,
  bindVerb,
  initializeVerb,
  metricsReaderClusterRole,
  tenancyReaderClusterRole,
  terminateVerb,
  useVerb,
  workspaceAccessClusterRole,
} from './kcp-names/cluster-roles.ts';
export {
  rootCluster,
  shardsExportName,
  systemAdminCluster,
  systemBoundCRDsCluster,
  systemCachedCRDsCluster,
  systemCacheServerCluster,
  systemCRDsCluster,
  systemShardCluster,
  tenancyExportName,
  topologyExportName,
  wildcardCluster,
} from './kcp-names/clusters.ts';
export {
  apiBindingReasons,
  apiExportReasons,
  topologyReasons,
  workspaceReasons,
} from './kcp-names/condition-reasons.ts';
export {
  apiBindingConditions,
  apiExportConditions,
  endpointSliceConditions,
  partitionSetConditions,
  readyCondition,
  workspaceConditions,
  workspaceTypeConditions,
} from './kcp-names/condition-types.ts';
export {
  acceptablePermissionClaimsAnnotation,
  permissionClaimsAnnotation,
  resourceSchemasAnnotation,
  statusAppliedPermissionClaimsAnnotation,
  statusExportPermissionClaimsAnnotation,
  v1alpha1PermissionClaimsAnnotation,
  v1alpha1StatusAppliedPermissionClaimsAnnotation,
  v1alpha1StatusExportPermissionClaimsAnnotation,
} from './kcp-names/conversion-annotations.ts';
export {
  deepSubjectAccessReviewHeader,
  remoteExtraHeaderPrefix,
  remoteGroupHeader,
  remoteUserHeader,
  shardedRequestHeader,
  virtualResourceHopsHeader,
} from './kcp-names/headers.ts';
export {
  apiBindingsInitializer,
  hasTerminatorsFinalizer,
  inactiveAnnotation,
  initializerLabelPrefix,
  legacyInactiveAnnotation,
  logicalClusterDeletionFinalizer,
  logicalClusterName,
  logicalClusterTypeAnnotation,
  maxTotalObjectsAnnotation,
  migratingAnnotation,
  requiredGroupsAnnotation,
  resourceBindingsAnnotation,
  shardAnnotation,
  terminatorLabelPrefix,
} from './kcp-names/logical-cluster-names.ts';
export {
  apiApprovedAnnotation,
  batteryAnnotation,
  clusterAnnotation,
  clusterScopedQuotaAnnotation,
  createOnlyAnnotation,
  originalResourceVersionAnnotation,
  originalUIDAnnotation,
  originShardAnnotation,
  pathAnnotation,
  replicateAnnotation,
} from './kcp-names/object-annotations.ts';
export {
  shardNameLabel,
  unschedulableAnnotation,
} from './kcp-names/shard-names.ts';
export {
  clusterNameExtraKey,
  clusterScopePrefix,
  originalGroupsExtraKey,
  originalUsernameExtraKey,
  scopesExtraKey,
  warrantExtraKey,
} from './kcp-names/user-extra.ts';
export {
  anonymousUser,
  authenticatedGroup,
  bootstrapperUser,
  clusterGroupPrefix,
  externalLogicalClusterAdminGroup,
  globalServiceAccountUserPrefix,
  initializerGroupPrefix,
  kcpAdminGroup,
  logicalClusterAdminGroup,
  mastersGroup,
  serviceAccountsGroup,
  serviceAccountUserPrefix,
  terminatorGroupPrefix,
  unauthenticatedGroup,
  workspaceBootstrapperGroup,
} from './kcp-names/users.ts';
export {
  chosenClusterAnnotation,
  defaultBindingLifecycleAnnotation,
  isMountAnnotation,
  mountAnnotation,
  ownerAnnotation,
  phaseLabel,
  quickstartLabel,
  quickstartPrefixLabel,
  regionLabel,
  shardHashAnnotation,
  workspaceFinalizer,
} from './kcp-names/workspace-names.ts';
export type { DeleteOptions } from './meta/delete-options.ts';
export { deleteOptionsSchema } from './meta/delete-options.ts';
export { apiGroupListSchema, apiGroupSchema, apiResourceListSchema, apiVersionsSchema } from './meta/discovery.ts';
// meta/v1
export {
  fieldSelectorRequirementSchema,
  labelSelectorRequirementSchema,
  labelSelectorSchema,
} from './meta/label-selector.ts';
export { listMetaMessageSchema, objectMetaMessageSchema } from './meta/object-meta.ts';
export { partialObjectMetadataListSchema, partialObjectMetadataSchema } from './meta/partial-object-metadata.ts';
export { statusSchema } from './meta/status.ts';
export { watchEventSchema } from './meta/watch-event.ts';
export type { ClusterRole } from './rbac/cluster-role.ts';
export { clusterRoleDeclaration } from './rbac/cluster-role.ts';
export type { ClusterRoleBinding } from './rbac/cluster-role-binding.ts';
export { clusterRoleBindingDeclaration } from './rbac/cluster-role-binding.ts';
// rbac.authorization.k8s.io/v1
export type { PolicyRule } from './rbac/policy-rule.ts';
export type { Role } from './rbac/role.ts';
export { roleDeclaration } from './rbac/role.ts';
export type { RoleBinding } from './rbac/role-binding.ts';
export { roleBindingDeclaration } from './rbac/role-binding.ts';
export type { RoleRef, Subject } from './rbac/subject.ts';
export type { Infer, ObjectType, Typed } from './schema-dsl/typed-schema.ts';
export type { WireFacts } from './schema-dsl/wire-facts.ts';
export { wireFactsOf } from './schema-dsl/wire-facts.ts';
export type { SubresourceDeclaration } from './subresources.ts';
export { subresources } from './subresources.ts';
export { ageOf } from './tables/age.ts';
export type { Cell, TableCells } from './tables/table-cells.ts';
export { tableKey } from './tables/table-cells.ts';
// tenancy.kcp.io/v1alpha1
export type { MountReference, Workspace, WorkspaceTypeReference } from './tenancy/workspace.ts';
export { workspaceDeclaration } from './tenancy/workspace.ts';
export type {
  JWTAuthenticator,
  WorkspaceAuthenticationConfiguration,
} from './tenancy/workspace-authentication-configuration.ts';
export { workspaceAuthenticationConfigurationDeclaration } from './tenancy/workspace-authentication-configuration.ts';
export type { DefaultAPIBinding, TypeReference, WorkspaceType } from './tenancy/workspace-type.ts';
export { workspaceTypeDeclaration } from './tenancy/workspace-type.ts';
// topology.kcp.io/v1alpha1
export type { Partition } from './topology/partition.ts';
export { partitionDeclaration } from './topology/partition.ts';
export type { PartitionSet } from './topology/partition-set.ts';
export { partitionSetDeclaration } from './topology/partition-set.ts';
export type { Envelope } from './wire/decode-message.ts';
export { decodeEnvelope, decodeMessage, decodeObjectMessage } from './wire/decode-message.ts';
export { wireMessages } from './wire/messages.ts';
export type { SpecialMessage } from './wire/special-messages.ts';
export { specialMessages } from './wire/special-messages.ts';
export { WireError } from './wire/wire-error.ts';
