/**
 * Annotations that keep, when an APIExport or APIBinding is converted between v1alpha1 and v1alpha2, what the other
 * version has no place for. All hold JSON.
 */

/** On v1alpha1 exports: resources that are more than a schema name. */
export const resourceSchemasAnnotation = 'apis.v1alpha2.kcp.io/resource-schemas';

/** On v1alpha1 exports: claims whose verbs are not `["*"]`, or that have selectors. */
export const permissionClaimsAnnotation = 'apis.v1alpha2.kcp.io/permission-claims';

/** On v1alpha2 objects: claims with a resource selector. */
export const v1alpha1PermissionClaimsAnnotation = 'apis.v1alpha2.kcp.io/v1alpha1-permission-claims';

/** On v1alpha1 bindings: the claims of the spec. */
export const acceptablePermissionClaimsAnnotation = 'apis.v1alpha2.kcp.io/acceptable-permission-claims';

/** On v1alpha1 bindings: the claims of the export in the status. */
export const statusExportPermissionClaimsAnnotation = 'apis.v1alpha2.kcp.io/status-export-permission-claims';

/** On v1alpha1 bindings: the applied claims in the status. */
export const statusAppliedPermissionClaimsAnnotation = 'apis.v1alpha2.kcp.io/status-applied-permission-claims';

/** On v1alpha2 bindings: the claims of the export in a v1alpha1 status. */
export const v1alpha1StatusExportPermissionClaimsAnnotation =
  'apis.v1alpha2.kcp.io/v1alpha1-status-export-permission-claims';

/** On v1alpha2 bindings: the applied claims in a v1alpha1 status. */
export const v1alpha1StatusAppliedPermissionClaimsAnnotation =
  'apis.v1alpha2.kcp.io/v1alpha1-status-applied-permission-claims';
