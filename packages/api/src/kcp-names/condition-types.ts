/** Condition types by kind, as they stand in `status.conditions`. */

export const readyCondition = 'Ready';

export const workspaceConditions = {
  scheduled: 'WorkspaceScheduled',
  initialized: 'WorkspaceInitialized',
  contentDeleted: 'WorkspaceContentDeleted',
  mountReady: 'WorkspaceMountReady',
  apiBindingsInitialized: 'APIBindingsInitialized',
  apiBindingsReconciled: 'APIBindingsReconciled',
} as const;

export const workspaceTypeConditions = { virtualWorkspaceURLsReady: 'VirtualWorkspaceURLsReady' } as const;

export const apiExportConditions = {
  identityValid: 'IdentityValid',
  virtualWorkspaceURLsReady: 'VirtualWorkspaceURLsReady',
} as const;

export const apiBindingConditions = {
  apiExportValid: 'APIExportValid',
  initialBindingCompleted: 'InitialBindingCompleted',
  bindingUpToDate: 'BindingUpToDate',
  permissionClaimsValid: 'PermissionClaimsValid',
  permissionClaimsApplied: 'PermissionClaimsApplied',
  resourceDeleteSuccess: 'BindingResourceDeleteSuccess',
} as const;

export const endpointSliceConditions = {
  apiExportValid: 'APIExportValid',
  partitionValid: 'PartitionValid',
  endpointURLsReady: 'EndpointURLsReady',
} as const;

export const partitionSetConditions = {
  valid: 'PartitionSetValid',
  partitionsReady: 'PartitionsReady',
} as const;
