import { isStatusError } from '@canopy/apimachinery';
import type { DynamicClient } from '@canopy/client';
import type { Session } from '../session/session.ts';
import { lastSegment, parseWorkspaceUrl } from '../session/workspace-path.ts';
import { logicalClustersResource, type WorkspaceObject, workspacesResource } from './resources.ts';

export interface TreeOptions {
  full: boolean;
  wide: boolean;
}

interface Node {
  path: string;
  workspace: WorkspaceObject | undefined;
  /** Phase of the LogicalCluster; only looked up for wide trees. */
  clusterPhase: string;
  children: Node[];
}

const concurrency = 16;

/** `kubectl ws tree`: the workspaces at and below the current one. Those that are being deleted are left out. */
export async function printTree(session: Session, options: TreeOptions): Promise<void> {
  const url = parseWorkspaceUrl(session.serverUrl);
  if (url === undefined) {
    session.io.out(`current context URL "${session.serverUrl}" does not point directly to a kcp workspace\n`);
    return;
  }
  const { path } = session.target();
  const root: Node = { path, workspace: undefined, clusterPhase: 'Unknown', children: [] };
  await expand(session, root, options);
  const lines = ['.', ...drawn([root], '', options)];
  session.io.out(`${aligned(lines).join('\n')}\n`);
}

/** Level by level, a bounded number of workspaces at a time. */
async function expand(session: Session, root: Node, options: TreeOptions): Promise<void> {
  let level = [root];
  while (level.length > 0) {
    const next: Node[] = [];
    for (let i = 0; i < level.length; i += concurrency) {
      const slice = level.slice(i, i + concurrency);
      await Promise.all(slice.map((node) => loadChildren(session, node, options)));
      for (const node of slice)
        next.push(...node.children.filter((child) => child.workspace?.spec?.mount === undefined));
    }
    level = next;
  }
}

/** What cannot be looked into has no children, unless it is where the tree starts. */
async function loadChildren(session: Session, node: Node, options: TreeOptions): Promise<void> {
  const client = await session.client(node.path);
  const [children, phase] = await Promise.all([
    client
      .resource<WorkspaceObject>(workspacesResource)
      .list()
      .catch((error: unknown) => {
        if (!isStatusError(error) || node.workspace === undefined) throw error;
        return { items: [] };
      }),
    options.wide ? clusterPhase(client) : 'Unknown',
  ]);
  node.clusterPhase = phase;
  node.children = children.items
    .filter((workspace) => workspace.metadata.deletionTimestamp === undefined)
    .map((workspace) => ({
      path: `${node.path}:${workspace.metadata.name}`,
      workspace,
      clusterPhase: 'Unknown',
      children: [],
    }));
}

async function clusterPhase(client: DynamicClient): Promise<string> {
  try {
    const cluster = await client.resource<WorkspaceObject>(logicalClustersResource).get('cluster');
    return cluster.status?.phase ?? 'Unknown';
  } catch (error) {
    if (isStatusError(error)) return 'Unknown';
    throw error;
  }
}

function drawn(nodes: readonly Node[], indent: string, options: TreeOptions): string[] {
  return nodes.flatMap((node, i) => {
    const last = i === nodes.length - 1;
    const line = `${indent}${last ? '└── ' : '├── '}${label(node, options)}`;
    return [line, ...drawn(node.children, `${indent}${last ? '    ' : '│   '}`, options)];
  });
}

function label(node: Node, options: TreeOptions): string {
  const name = options.full ? node.path : lastSegment(node.path);
  const mount = node.workspace?.spec?.mount === undefined ? '' : ' [m]';
  if (!options.wide) return `${name}${mount}`;
  return `${name}${mount}\tws=${node.workspace?.status?.phase ?? '-'}\tlc=${node.clusterPhase}`;
}

/** Tab-separated columns, padded. */
function aligned(lines: readonly string[]): string[] {
  const rows = lines.map((line) => line.split('\t'));
  const widths: number[] = [];
  for (const row of rows) {
    row.slice(0, -1).forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd((widths[i] ?? 0) + 2))).join(''),
  );
}
