import {
  type ApiSurface,
  type ClusterAccess,
  type LogicalClusterName,
  logicalClusterName,
  mintClusterAccess,
  type Registry,
} from '@canopy/apiserver';
import type { TokenIssuer } from '@canopy/controlplane';
import type { BindingWorld, ClusterClaims, ShardSettings, WorkspaceSurfaces, WorkspaceTypes } from '@canopy/kcp';
import { type Change, type Clock, objectPrefix, parseObjectKey, type Storage } from '@canopy/storage';
import type { BackgroundTurns } from './background-turns.ts';
import type { ControllerLogger, KeySink } from './controller.ts';

/** What the controllers work with: the same registry and caches that serve requests. */
export interface ControllerDeps {
  registry: Registry;
  /** With `directory`, `exports` and `native`. */
  world: BindingWorld;
  surfaces: WorkspaceSurfaces;
  types: WorkspaceTypes;
  /** Must hear of the change log before the controllers do, as the other caches. */
  claims: ClusterClaims;
  shard: ShardSettings;
  tokens: TokenIssuer;
  /** What time it is: for timestamps and the age of objects. */
  clock: Pick<Clock, 'now'>;
  /** Of requeues, backoff and checkpoints; should not jump. */
  timers: Clock;
  /** Of all that this process does in the background. */
  turns: BackgroundTurns;
  logger: ControllerLogger;
  /** For how long other replicas may write to what has ended already, in milliseconds. Undefined when there are none. */
  othersLagMs?: number;
}

/** Access and API of one logical cluster. */
export interface ClusterView {
  cluster: LogicalClusterName;
  access: ClusterAccess;
  surface: ApiSurface;
}

export async function clusterView(deps: Pick<ControllerDeps, 'surfaces'>, name: string): Promise<ClusterView> {
  const cluster = logicalClusterName(name);
  return {
    cluster,
    access: mintClusterAccess(cluster),
    surface: await deps.surfaces.surface({ kind: 'cluster', name: cluster }),
  };
}

/** The logical cluster of an object's key; cheaper than parsing all of it. */
export function clusterOfKey(key: string): string {
  const start = key.indexOf('/', key.indexOf('/', 3) + 1) + 1;
  return key.slice(start, key.indexOf('/', start));
}

/** `<cluster>/<name>` of a cluster-scoped object's change; undefined for other keys. */
export function clusterAndName(change: Change): string | undefined {
  const at = parseObjectKey(change.key);
  return at === undefined ? undefined : `${at.cluster}/${at.name}`;
}

/** The two or more parts of a work key; missing ones are empty. */
export function keyParts(key: string): [string, string, string] {
  const [first = '', second = '', third = ''] = key.split('/');
  return [first, second, third];
}

const page = 500;

/** `<cluster>/<name>` of all objects of a cluster-scoped resource, or of those an index names. */
export async function sinkObjects(
  storage: Storage,
  from: { group: string; resource: string; index?: { index: string; value: string } },
  sink: KeySink,
): Promise<void> {
  const prefix = objectPrefix({ group: from.group, resource: from.resource });
  let after: string | undefined;
  for (;;) {
    const options = { limit: page, ...(after === undefined ? {} : { after }) };
    const found =
      from.index === undefined
        ? await storage.range(prefix, options)
        : await storage.rangeIndex(from.index.index, from.index.value, options);
    for (const { key } of found.items) {
      const at = parseObjectKey(key);
      if (at !== undefined) await sink(`${at.cluster}/${at.name}`);
    }
    if (!found.more) return;
    after = found.items[found.items.length - 1]?.key;
  }
}
