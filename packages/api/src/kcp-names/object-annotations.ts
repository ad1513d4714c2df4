/** Annotation: name of the logical cluster that an object was read from. Not stored; added to what is read. */
export const clusterAnnotation = 'kcp.io/cluster';

/** Annotation: canonical path of the workspace that the object is in. */
export const pathAnnotation = 'kcp.io/path';

/** Annotation: shard that a copy in the cache comes from. */
export const originShardAnnotation = 'kcp.io/shard';

/** Annotation: UID that the original of a copy in the cache has. */
export const originalUIDAnnotation = 'cache.kcp.io/original-resource-UID';

/** Annotation: resource version that the original of a copy in the cache has. */
export const originalResourceVersionAnnotation = 'cache.kcp.io/original-resource-version';

/** Annotation: comma-separated reasons why the object must be replicated to the cache. */
export const replicateAnnotation = 'internal.kcp.io/replicate';

/** Annotation on schemas in groups of Kubernetes: where the API was approved. */
export const apiApprovedAnnotation = 'api-approved.kubernetes.io';

/** Annotation on bootstrap manifests: existing objects are left as they are. */
export const createOnlyAnnotation = 'bootstrap.kcp.io/create-only';

/** Annotation on bootstrap manifests: the battery that the object belongs to. */
export const batteryAnnotation = 'bootstrap.kcp.io/battery';

/** Annotation on ResourceQuotas in the namespace `admin`: the quota counts the whole workspace. */
export const clusterScopedQuotaAnnotation = 'experimental.quota.kcp.io/cluster-scoped';
