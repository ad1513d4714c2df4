export {
  apiBindingAdmission,
  apiBindingFinalizer,
  apiExportAdmission,
  bindingFinalizer,
  endpointSliceAdmission,
  permissionClaimLabels,
} from './admission/apis-admission.ts';
export { logicalClusterAdmission } from './admission/logical-cluster-admission.ts';
export { pathAnnotationAdmission } from './admission/path-annotation.ts';
export { crdNoOverlap, reservedCrdAnnotations, reservedCrdGroups } from './admission/reserved-admission.ts';
export { workspaceAdmission, workspaceTypeExists } from './admission/workspace-admission.ts';
export { workspaceTypeAdmission } from './admission/workspace-type-admission.ts';
export { convertApiBinding, convertApiExport } from './apis/api-conversions.ts';
export {
  apiBindingStrategy,
  apiExportStrategy,
  apiResourceSchemaStrategy,
  endpointSlice,
  endpointSliceStrategy,
  exportUrl,
  holdersFor,
  identityNamespace,
  skipEndpointSlice,
  sliceStatus,
} from './apis/apis-strategies.ts';
export {
  bindingIndexEntries,
  boundSchemaIndex,
  isPending,
  pendingBindingIndex,
  schemasOfIndexValue,
  sliceExportIndex,
  sliceIndexEntries,
} from './apis/binding-indexes.ts';
export { type BindingInput, type BindingPlan, type BindingWorld, planBinding } from './apis/binding-plan.ts';
export { type ClaimLabels, type ClusterClaim, ClusterClaims } from './apis/cluster-claims.ts';
export { type CachedExport, ExportCache, type ExportedSchema } from './apis/export-cache.ts';
export {
  type BindingClaim,
  type BindingSpec,
  type BindingStatus,
  type BoundResourceStatus,
  bindingSpecOf,
  bindingStatusOf,
  type ClaimSelector,
  type ExportClaim,
  type ExportResource,
  type ExportSpec,
  exportSpecOf,
  exportText,
  identityHashOfExport,
  resourceText,
} from './apis/export-model.ts';
export { IdentityResources, identityIndex } from './apis/identity-resources.ts';
export { nameHoldersOf } from './apis/name-holders.ts';
export { findNamingConflict, type NameHolder } from './apis/naming-conflicts.ts';
export {
  claimAllows,
  type EffectiveClaim,
  effectiveClaims,
  judgeClaims,
  sameClaim,
  selects,
} from './apis/permission-claims.ts';
export {
  type LockTable,
  lockedByBinding,
  locksAnnotation,
  readLocks,
  takeLocks,
  writeLocks,
} from './apis/resource-locks.ts';
export { type BootstrapInput, bootstrap } from './bootstrap/bootstrap.ts';
export type { DeepAuthorizer, DeepQuestion } from './deep-authorizer.ts';
export { ClusterDirectory, pathAnnotation, typeAnnotation } from './logical-cluster/cluster-directory.ts';
export {
  apiBindingKey,
  apiExportKey,
  boundCrdsCluster,
  crdKey,
  type Found,
  groups,
  logicalClusterKey,
  logicalClusterObjectName,
  readObject,
  resourceSchemaKey,
  workspaceKey,
  workspaceTypeKey,
} from './logical-cluster/stored-kinds.ts';
export {
  type ClaimIdentity,
  claimLabelKey,
  claimLabelPrefix,
  claimLabelValue,
  defaultBindingName,
  exportHash,
  homeClusterName,
  identityHashOf,
  isIndexedLabel,
  lifecycleLabel,
  newIdentityKey,
  reflexiveClaimValue,
  shardHash,
} from './names.ts';
export {
  defaultServiceAccount,
  namespaceContent,
  namespaceDefaults,
  rootCaConfigMap,
  rootCaObject,
  serviceAccountObject,
} from './namespaces/namespace-content.ts';
export { namespaceWithDefaults } from './namespaces/namespace-strategy.ts';
export type { LocationSelector, ShardSettings } from './shard-settings.ts';
export { boundCrdOf } from './surface/bound-crd.ts';
export { type NativeKinds, type NativeKindsOptions, nativeKinds, rootExports } from './surface/native-kinds.ts';
export { type BoundResource, isEstablished, WorkspaceSurfaces } from './surface/workspace-surfaces.ts';
export { defaultBinding } from './workspaces/default-bindings.ts';
export { type HomeWorkspaces, homeWorkspace } from './workspaces/home-workspace.ts';
export {
  apiBindingsInitializer,
  initializedCondition,
  lifecycleLabels,
  type NewCluster,
  type NewClusterInput,
  newCluster,
  userOf,
} from './workspaces/new-cluster.ts';
export {
  labelPhase,
  ownerAnnotation,
  ownerUser,
  requiredGroupsAnnotation,
  type WorkspaceSpec,
  type WorkspaceStatus,
  workspaceFinalizer,
  workspaceSpecOf,
  workspaceStatusOf,
  workspaceStrategy,
} from './workspaces/workspace-strategy.ts';
export {
  checkTypeLimits,
  initializersOf,
  type ResolvedType,
  refuse,
  type TypeReference,
  type TypeSpec,
  terminatorsOf,
  typeText,
  WorkspaceTypes,
} from './workspaces/workspace-types.ts';
