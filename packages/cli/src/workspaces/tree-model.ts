/** Names of what a workspace exports, where its exports are served, and what it has bound. */
export interface ApiInfo {
  exports: readonly string[];
  endpointSlices: readonly string[];
  bindings: readonly string[];
}

/** A tree of workspaces on a screen: what is expanded, what is selected. Every key gives a new state. */
export interface TreeNode {
  path: string;
  /** Undefined until it was looked up. */
  children: readonly TreeNode[] | undefined;
  expanded: boolean;
  mount: boolean;
  /** Undefined until it was asked for. */
  info?: ApiInfo | 'loading';
}

export interface TreeState {
  root: TreeNode;
  selected: string;
}

export interface TreeRow {
  node: TreeNode;
  depth: number;
}

/** The rows that are visible now, top to bottom. */
export function rowsOf(node: TreeNode, depth = 0): TreeRow[] {
  const below = node.expanded ? (node.children ?? []).flatMap((child) => rowsOf(child, depth + 1)) : [];
  return [{ node, depth }, ...below];
}

export type TreeKey = 'up' | 'down' | 'left' | 'right';

/** What a key does to the state; `load` names a node whose children have to be looked up first. */
export function pressKey(state: TreeState, key: TreeKey): { state: TreeState; load?: string } {
  const rows = rowsOf(state.root);
  const at = Math.max(
    0,
    rows.findIndex(({ node }) => node.path === state.selected),
  );
  const current = rows[at]?.node ?? state.root;
  const select = (path: string | undefined): { state: TreeState } => ({
    state: { ...state, selected: path ?? state.selected },
  });
  switch (key) {
    case 'up':
      return select(rows[Math.max(0, at - 1)]?.node.path);
    case 'down':
      return select(rows[Math.min(rows.length - 1, at + 1)]?.node.path);
    case 'left': {
      if (current.expanded)
        return { state: replaceNode(state, current.path, (node) => ({ ...node, expanded: false })) };
      const colon = current.path.lastIndexOf(':');
      const parent = rows.find(({ node }) => node.path === current.path.slice(0, colon));
      return select(parent?.node.path);
    }
    case 'right': {
      if (current.mount) return { state };
      if (current.children === undefined) return { state, load: current.path };
      return { state: replaceNode(state, current.path, (node) => ({ ...node, expanded: true })) };
    }
  }
}

export function nodeOf(state: TreeState, path: string): TreeNode | undefined {
  return rowsOf(state.root).find(({ node }) => node.path === path)?.node;
}

export function replaceNode(state: TreeState, path: string, change: (node: TreeNode) => TreeNode): TreeState {
  const visit = (node: TreeNode): TreeNode => {
    if (node.path === path) return change(node);
    if (!path.startsWith(`${node.path}:`) || node.children === undefined) return node;
    return { ...node, children: node.children.map(visit) };
  };
  return { ...state, root: visit(state.root) };
}
