import { workspacesPath } from '../server/canopy-process.ts';
import { type Access, ask } from './tree.ts';

interface Listed {
  parent: string;
  name: string;
  cluster: string;
}

interface WorkspaceItem {
  metadata: { name: string };
  spec: { cluster?: string };
}

/** A read may see a write a moment before the caches hear of it. */
const lateMs = 100;
const ownCluster = '/apis/core.kcp.io/v1alpha1/logicalclusters/cluster';

/** All workspaces below a logical cluster, by the names of their clusters. */
export async function listBelow(access: Access, cluster: string, limit: number): Promise<Listed[]> {
  const found: Listed[] = [];
  const parents = [cluster];
  for (let parent = parents.shift(); parent !== undefined && found.length < limit; parent = parents.shift()) {
    for (const child of await childrenOf(access, parent)) {
      found.push(child);
      parents.push(child.cluster);
    }
  }
  return found;
}

async function childrenOf(access: Access, parent: string, query = ''): Promise<Listed[]> {
  const { status, body } = await ask(access, 'GET', `/clusters/${parent}${workspacesPath}${query}`);
  if (status !== 200) return [];
  return (body as { items: WorkspaceItem[] }).items.flatMap(({ metadata, spec }) =>
    spec.cluster === undefined ? [] : [{ parent, name: metadata.name, cluster: spec.cluster }],
  );
}

/** What a reader saw while a tree was deleted. */
export interface Observed {
  checks: number;
  /** Checks that found a workspace gone. */
  gone: number;
  /** Of these, how often its cluster was still looked into (404) before it was refused (403). */
  late: number;
  /** Where list, object and cluster did not agree. */
  contradictions: string[];
}

/**
 * Looks at workspaces that are being deleted until it is stopped. A Workspace and its logical cluster end at the same
 * moment, so whichever is seen to be gone first, the other is gone from then on: a list or a GET that still shows the
 * Workspace proves that the cluster answered before, and a cluster that answers 403 is in no later list.
 */
export class ConsistencyReader {
  readonly observed: Observed = { checks: 0, gone: 0, late: 0, contradictions: [] };
  private readonly access: Access;
  private readonly all: readonly Listed[];
  private readonly top: string;
  private stopped = false;
  private readonly loops: Promise<void>;

  constructor(access: Access, top: string, all: readonly Listed[]) {
    this.access = access;
    this.all = all;
    this.top = top;
    this.loops = Promise.all([this.loop(0), this.loop(1), this.loopOfLists()]).then(() => undefined);
  }

  stop(): Promise<void> {
    this.stopped = true;
    return this.loops;
  }

  private async loop(offset: number): Promise<void> {
    for (let i = offset; !this.stopped; i += 7) {
      const one = this.all[Math.floor(Math.random() * this.all.length)];
      if (one === undefined) return;
      await (i % 2 === 0 ? this.clusterFirst(one) : this.workspaceFirst(one));
      this.observed.checks += 1;
    }
  }

  /** What a list of the top names answers, or is gone from the next look on. */
  private async loopOfLists(): Promise<void> {
    while (!this.stopped) {
      const listed = await childrenOf(this.access, this.top, '?limit=100');
      if (listed.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
      for (let i = 0; i < Math.min(3, listed.length) && !this.stopped; i++) {
        await this.clusterFirst(listed[Math.floor(Math.random() * listed.length)] as Listed);
        this.observed.checks += 1;
      }
    }
  }

  private async clusterFirst(one: Listed): Promise<void> {
    if ((await this.clusterStatus(one)) === 200) return;
    this.observed.gone += 1;
    const after = await this.workspaceStatus(one);
    if (after === 200) this.contradict(one, 'its cluster is gone, and it is still there');
  }

  private async workspaceFirst(one: Listed): Promise<void> {
    if ((await this.workspaceStatus(one)) === 200) return;
    this.observed.gone += 1;
    let after = await this.clusterStatus(one);
    if (after === 404) {
      this.observed.late += 1;
      await new Promise((resolve) => setTimeout(resolve, lateMs));
      after = await this.clusterStatus(one);
    }
    if (after !== 403) this.contradict(one, `it is gone, and its cluster answers ${after}`);
  }

  private contradict({ parent, name, cluster }: Listed, what: string): void {
    this.observed.contradictions.push(`${parent}/${name} (${cluster}): ${what}`);
  }

  private async clusterStatus({ cluster }: Listed): Promise<number> {
    return (await ask(this.access, 'GET', `/clusters/${cluster}${ownCluster}`)).status;
  }

  private async workspaceStatus({ parent, name }: Listed): Promise<number> {
    return (await ask(this.access, 'GET', `/clusters/${parent}${workspacesPath}/${name}`)).status;
  }
}
