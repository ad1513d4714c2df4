/** Label: phase of a Workspace or LogicalCluster. */
export const phaseLabel = 'tenancy.kcp.io/phase';

/** Label of shards and Workspaces. */
export const regionLabel = 'region';

/** Annotation: JSON of the user who created the workspace. */
export const ownerAnnotation = 'experimental.tenancy.kcp.io/owner';

/** Annotation of Workspaces: hash of the shard's name. Deprecated, still written. */
export const shardHashAnnotation = 'internal.tenancy.kcp.io/shard';

/** Annotation of Workspaces: logical cluster that was chosen, before `spec.cluster` is set. */
export const chosenClusterAnnotation = 'internal.tenancy.kcp.io/cluster';

/** Annotation of Workspaces: former way to mount. */
export const mountAnnotation = 'experimental.tenancy.kcp.io/mount';

/** Annotation of objects that may be mounted. */
export const isMountAnnotation = 'experimental.tenancy.kcp.io/is-mount';

/** Annotation of WorkspaceTypes: former way to set the life cycle of default bindings. */
export const defaultBindingLifecycleAnnotation = 'experimental.tenancy.kcp.io/default-api-binding-lifecycle';

/** Finalizer of Workspaces: the LogicalCluster is deleted first. */
export const workspaceFinalizer = 'core.kcp.io/logicalcluster';

/** Label of workspaces made by `kubectl kcp quickstart`. */
export const quickstartLabel = 'kcp.io/quickstart';

/** Label: prefix of the names of what a quickstart has made. */
export const quickstartPrefixLabel = 'kcp.io/quickstart-prefix';
