/** Annotation of ClusterCachedResources: kind of the resource. */
export const cachedResourceKindAnnotation = 'cache.kcp.io/resource-kind';

/** Annotation of ClusterCachedResources: scope of the resource. */
export const cachedResourceScopeAnnotation = 'cache.kcp.io/resource-scope';

/** Finalizer of ClusterCachedResources: the copies are deleted first. */
export const cachedResourceFinalizer = 'cache.kcp.io/clustercachedresource';
