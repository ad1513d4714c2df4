/** Label of Shards: the name of the shard itself. */
export const shardNameLabel = 'name';

/** Annotation of Shards: no workspaces are placed there. Its presence counts. */
export const unschedulableAnnotation = 'experimental.core.kcp.io/unschedulable';
