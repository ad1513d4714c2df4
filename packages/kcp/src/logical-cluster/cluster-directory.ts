import type { KubeObject } from '@canopy/apimachinery';
import {
  type ClusterResolver,
  type ClusterTarget,
  DerivedCache,
  logicalClusterName,
  parseLogicalClusterName,
} from '@canopy/apiserver';
import { type Change, objectPrefix, parseObjectKey, type Storage } from '@canopy/storage';
import { homeClusterName } from '../names.ts';
import { groups, logicalClusterKey, readObject, workspaceKey } from './stored-kinds.ts';

/** What is cached of a logical cluster: its one object, or that there is none. */
export interface ClusterRecord {
  object: KubeObject | undefined;
}

interface ChildRecord {
  /** Undefined: no such workspace, or not scheduled yet. */
  cluster: string | undefined;
  unavailable: boolean;
}

const segmentPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

const clustersPrefix = objectPrefix({ group: groups.core, resource: 'logicalclusters' });
const workspacesPrefix = objectPrefix({ group: groups.tenancy, resource: 'workspaces' });

export const pathAnnotation = 'kcp.io/path';
export const typeAnnotation = 'internal.tenancy.kcp.io/type';

/**
 * The tree of logical clusters, as far as somebody asked for it: bounded caches over the store, dropped by its change log.
 * An idle workspace occupies nothing here.
 */
export class ClusterDirectory implements ClusterResolver {
  private readonly storage: Storage;
  private readonly clusters: DerivedCache<ClusterRecord>;
  private readonly children: DerivedCache<ChildRecord>;

  constructor(storage: Storage, capacity: number) {
    this.storage = storage;
    this.clusters = new DerivedCache(capacity);
    this.children = new DerivedCache(capacity);
  }

  /** To be called with every batch of the change log, before anybody else reacts to it. */
  onChanges(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.key.startsWith(clustersPrefix)) {
        this.clusters.drop(parseObjectKey(change.key)?.cluster ?? '');
      } else if (change.key.startsWith(workspacesPrefix)) {
        const at = parseObjectKey(change.key);
        this.children.drop(`${at?.cluster}/${at?.name}`);
      }
    }
  }

  /** The LogicalCluster object; shared, read-only. A promise only when it has to be read from the store. */
  logicalCluster(cluster: string): KubeObject | undefined | Promise<KubeObject | undefined> {
    const known = this.clusters.peek(cluster);
    return known === undefined ? this.loadCluster(cluster) : known.object;
  }

  private async loadCluster(cluster: string): Promise<KubeObject | undefined> {
    const record = await this.clusters.get(cluster, async () => ({
      object: (await readObject(this.storage, logicalClusterKey(cluster)))?.object,
    }));
    return record.object;
  }

  /** `system:…` clusters exist without an object. */
  async exists(cluster: string): Promise<boolean> {
    return cluster.startsWith('system:') || (await this.logicalCluster(cluster)) !== undefined;
  }

  private child(parent: string, name: string): Promise<ChildRecord> {
    return this.children.get(`${parent}/${name}`, async () => {
      const found = await readObject(this.storage, workspaceKey(parent, name));
      const spec = found?.object.spec as { cluster?: string } | undefined;
      const phase = (found?.object.status as { phase?: string } | undefined)?.phase;
      return { cluster: spec?.cluster, unavailable: phase === 'Unavailable' };
    });
  }

  /** A name or a path to a logical cluster's name. Unknown, malformed and unreachable ones are all the same: unresolved. */
  resolve(text: string): ClusterTarget | Promise<ClusterTarget> {
    const name = this.cachedName(text);
    return name === undefined ? this.lookUp(text) : { kind: 'cluster', name: logicalClusterName(name) };
  }

  /** Of a name or a path whose every step is cached; undefined when the store has to be asked, or the answer is no. */
  private cachedName(text: string): string | undefined {
    if (text.startsWith('system:') || text.startsWith('user:')) return undefined;
    const colon = text.indexOf(':');
    let current = colon === -1 ? text : text.slice(0, colon);
    if (this.clusters.peek(current)?.object === undefined) return undefined;
    if (colon === -1) return current;
    for (const segment of text.slice(colon + 1).split(':')) {
      const child = this.children.peek(`${current}/${segment}`);
      if (child?.cluster === undefined) return undefined;
      current = child.cluster;
    }
    return current;
  }

  private async lookUp(text: string): Promise<ClusterTarget> {
    const name = await this.resolveName(text);
    return name === undefined ? { kind: 'unresolved' } : { kind: 'cluster', name: logicalClusterName(name) };
  }

  async resolveName(text: string): Promise<string | undefined> {
    if (text.startsWith('system:')) return parseLogicalClusterName(text);
    const segments = text.split(':');
    let current = segments.shift() ?? '';
    if (current === 'user' && segments.length > 0) current = homeClusterName(segments.shift() as string);
    if (!segmentPattern.test(current) || !(await this.exists(current))) return undefined;
    for (const segment of segments) {
      if (!segmentPattern.test(segment)) return undefined;
      const child = await this.child(current, segment);
      if (child.cluster === undefined) return undefined;
      current = child.cluster;
    }
    return current;
  }

  /** Canonical path of a logical cluster; its name when it has none. */
  async pathOf(cluster: string): Promise<string> {
    return (await this.logicalCluster(cluster))?.metadata.annotations?.[pathAnnotation] ?? cluster;
  }
}
