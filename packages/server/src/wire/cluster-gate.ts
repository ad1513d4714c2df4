import { forbidden } from '@canopy/apimachinery';
import type { Filter, AuthorizedContext } from '@canopy/apiserver';
import type { ClusterDirectory } from '@canopy/kcp';

const inactiveAnnotations = ['core.kcp.io/inactive', 'internal.kcp.io/inactive'];

/** Inactive logical clusters answer nothing but their LogicalCluster and their OpenAPI documents. */
export function inactiveClusterGate(directory: ClusterDirectory): Filter<AuthorizedContext, AuthorizedContext> {
  return {
    name: 'inactive-cluster',
    async apply(context) {
      const { target, info } = context;
      if (target.kind !== 'cluster' || context.inProcessUser !== undefined) return context;
      const annotations = (await directory.logicalCluster(target.name))?.metadata.annotations;
      if (annotations === undefined || !inactiveAnnotations.some((key) => annotations[key] === 'true')) return context;
      const isOpen =
        info.path.startsWith('/openapi') || (info.group === 'core.kcp.io' && info.resource === 'logicalclusters');
      if (isOpen) return context;
      throw forbidden({ group: info.group, resource: info.resource }, info.name, 'logical cluster is marked inactive');
    },
  };
}
