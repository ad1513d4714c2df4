/** Logical cluster at the top of all paths. */
export const rootCluster = 'root';

/** Logical clusters of the system. */
export const systemCRDsCluster = 'system:system-crds';
export const systemBoundCRDsCluster = 'system:bound-crds';
export const systemAdminCluster = 'system:admin';
export const systemShardCluster = 'system:shard';
export const systemCachedCRDsCluster = 'system:cached-crds';
export const systemCacheServerCluster = 'system:cache:server';

/** Stands for all logical clusters in the cluster part of a URL. */
export const wildcardCluster = '*';

/** APIExports of the root workspace. */
export const tenancyExportName = 'tenancy.kcp.io';
export const topologyExportName = 'topology.kcp.io';
export const shardsExportName = 'shards.core.kcp.io';
