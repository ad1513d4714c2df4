/** `metadata.name` of the one LogicalCluster in each logical cluster. */
export const logicalClusterName = 'cluster';

/** Annotation: shard that a Workspace or LogicalCluster is on. */
export const shardAnnotation = 'core.kcp.io/shard';

/** Annotation, `"true"`: the logical cluster is not served for now. */
export const inactiveAnnotation = 'core.kcp.io/inactive';

/** Former name of {@link inactiveAnnotation}, still honoured. */
export const legacyInactiveAnnotation = 'internal.kcp.io/inactive';

/** Annotation: greatest number of objects that the logical cluster may hold. */
export const maxTotalObjectsAnnotation = 'core.kcp.io/max-total-objects';

/** Annotation: id of the migration that moves the logical cluster. */
export const migratingAnnotation = 'internal.kcp.io/migrating';

/** Annotation: qualified workspace type, such as `root:universal`. */
export const logicalClusterTypeAnnotation = 'internal.tenancy.kcp.io/type';

/** Annotation: JSON table of the binding or CRD that holds each resource. */
export const resourceBindingsAnnotation = 'internal.apis.kcp.io/resource-bindings';

/** Annotation: groups of which a user must be in one to be let in; `;` stands for or, `,` for and. */
export const requiredGroupsAnnotation = 'authorization.kcp.io/required-groups';

/** Begin of the label that an outstanding initializer puts on the LogicalCluster; a hash follows. */
export const initializerLabelPrefix = 'initializer.internal.kcp.io/';

/** Begin of the label that an outstanding terminator puts on the LogicalCluster; a hash follows. */
export const terminatorLabelPrefix = 'terminator.internal.kcp.io/';

/** Initializer that waits for the default API bindings. */
export const apiBindingsInitializer = 'system:apibindings';

/** Finalizer of LogicalClusters: the content is deleted first. */
export const logicalClusterDeletionFinalizer = 'core.kcp.io/logicalcluster-deletion';

/** Finalizer of LogicalClusters with outstanding terminators. */
export const hasTerminatorsFinalizer = 'kcp.io/has-terminators';
