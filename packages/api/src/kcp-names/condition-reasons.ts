/** Reasons of conditions, as one word for programs. Those that several conditions share are listed once. */

export const workspaceReasons = {
  unschedulable: 'Unschedulable',
  unknown: 'Unknown',
  initializerExists: 'InitializerExists',
  disappeared: 'WorkspaceDisappeared',
  someResourcesRemain: 'SomeResourcesRemain',
  mountAnnotationInvalid: 'MountAnnotationInvalid',
  mountObjectNotFound: 'MountObjectNotFound',
  mountObjectNotReady: 'MountObjectNotReady',
  waitingOnAPIBindings: 'WaitingOnAPIBindings',
  workspaceTypesInvalid: 'WorkspaceTypesInvalid',
  apiBindingErrors: 'APIBindingErrors',
} as const;

export const apiExportReasons = {
  identityGenerationFailed: 'IdentityGenerationFailed',
  identityVerificationFailed: 'IdentityVerificationFailed',
  errorGeneratingURLs: 'ErrorGeneratingURLs',
} as const;

export const apiBindingReasons = {
  apiExportInvalidReference: 'APIExportInvalidReference',
  apiExportNotFound: 'APIExportNotFound',
  internalError: 'InternalError',
  missingIdentityHash: 'MissingIdentityHash',
  waitingForEstablished: 'WaitingForEstablished',
  logicalClusterNotFound: 'LogicalClusterNotFound',
  namingConflicts: 'NamingConflicts',
  apiResourceSchemaInvalid: 'APIResourceSchemaInvalid',
  invalidPermissionClaims: 'InvalidPermissionClaims',
  permissionClaimsMismatch: 'PermissionClaimsMismatch',
  resourceDeletionFailed: 'ResourceDeletionFailed',
  someResourcesRemain: 'SomeResourcesRemain',
  someFinalizersRemain: 'SomeFinalizersRemain',
} as const;

export const topologyReasons = {
  partitionInvalidReference: 'PartitionInvalidReference',
  invalidSelector: 'InvalidSelector',
  errorGeneratingPartitions: 'ErrorGeneratingPartitions',
} as const;
