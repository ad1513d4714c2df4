import { forbidden, type KubeObject } from '@canopy/apimachinery';
import type { AuthorizedContext, Filter } from '@canopy/apiserver';
import type { ClusterDirectory } from '@canopy/kcp';
import { type Change, objectPrefix, parseObjectKey } from '@canopy/storage';

const inactiveAnnotations = ['core.kcp.io/inactive', 'internal.kcp.io/inactive'];
const logicalClusters = objectPrefix({ group: 'core.kcp.io', resource: 'logicalclusters' });
/** Made once: an abort without a reason makes an error with a stack trace each time. */
const ended = new Error('the logical cluster is gone or inactive');

type Annotations = Readonly<Record<string, string>> | undefined;

/**
 * Inactive logical clusters answer nothing but their LogicalCluster and their OpenAPI documents; watches in a cluster end
 * when it becomes inactive or is gone. Memory grows with open watches only.
 */
export class ClusterGate implements Filter<AuthorizedContext, AuthorizedContext> {
  readonly name = 'inactive-cluster';
  private readonly directory: ClusterDirectory;
  private readonly watches = new Map<string, Set<AuthorizedContext>>();

  constructor(directory: ClusterDirectory) {
    this.directory = directory;
  }

  apply(context: AuthorizedContext): AuthorizedContext | Promise<AuthorizedContext> {
    const { target, info } = context;
    if (target.kind !== 'cluster' || context.inProcessUser !== undefined) return context;
    const isOpen =
      info.path.startsWith('/openapi') || (info.group === 'core.kcp.io' && info.resource === 'logicalclusters');
    if (isOpen) return context;
    const object = this.directory.logicalCluster(target.name);
    return object instanceof Promise
      ? object.then((loaded) => this.admit(context, target.name, loaded))
      : this.admit(context, target.name, object);
  }

  private admit(context: AuthorizedContext, cluster: string, object: KubeObject | undefined): AuthorizedContext {
    const { info } = context;
    if (isInactive(object?.metadata.annotations))
      throw forbidden({ group: info.group, resource: info.resource }, info.name, 'logical cluster is marked inactive');
    return info.verb === 'watch' ? this.following(context, cluster) : context;
  }

  /** After the directory. */
  onChanges(changes: readonly Change[]): void {
    if (this.watches.size === 0) return;
    for (const { key, type, value } of changes) {
      if (!key.startsWith(logicalClusters)) continue;
      const cluster = parseObjectKey(key)?.cluster ?? '';
      const open = this.watches.get(cluster);
      if (open === undefined || !(type === 'delete' || becameInactive(value))) continue;
      // Watchers get what happened until then first: they hear of this batch later in this turn.
      for (const watch of [...open]) queueMicrotask(() => watch.giveUp?.(ended));
    }
  }

  /** From now on the request ends with its cluster. */
  private following(context: AuthorizedContext, cluster: string): AuthorizedContext {
    const open = this.watches.get(cluster) ?? new Set();
    this.watches.set(cluster, open.add(context));
    context.onFinish.push(() => {
      open.delete(context);
      if (open.size === 0 && this.watches.get(cluster) === open) this.watches.delete(cluster);
    });
    return context;
  }
}

function isInactive(annotations: Annotations): boolean {
  return annotations !== undefined && inactiveAnnotations.some((key) => annotations[key] === 'true');
}

function becameInactive(value: Uint8Array | undefined): boolean {
  if (value === undefined || !Buffer.from(value.buffer, value.byteOffset, value.byteLength).includes('kcp.io/inactive'))
    return false;
  const { metadata } = JSON.parse(Buffer.from(value).toString('utf8')) as { metadata?: { annotations?: Annotations } };
  return isInactive(metadata?.annotations);
}
