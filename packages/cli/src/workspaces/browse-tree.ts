import { emitKeypressEvents } from 'node:readline';
import { CliError } from '../session/cli-io.ts';
import type { Session } from '../session/session.ts';
import { lastSegment } from '../session/workspace-path.ts';
import { type WorkspaceObject, workspacesResource } from './resources.ts';
import { pressKey, replaceNode, rowsOf, type TreeKey, type TreeNode, type TreeState } from './tree-model.ts';
import { switchTo } from './use-workspace.ts';

const keys: Readonly<Record<string, TreeKey>> = {
  up: 'up',
  k: 'up',
  down: 'down',
  j: 'down',
  left: 'left',
  h: 'left',
  right: 'right',
  l: 'right',
};
const clear = '\u001b[2J\u001b[H';
const inverse = '\u001b[7m';
const normal = '\u001b[0m';

/** `kubectl ws -i`: a tree on the screen; Enter goes to the chosen workspace, q leaves things as they are. */
export async function browseTree(session: Session): Promise<void> {
  const { stdin, stdout } = process;
  if (!stdin.isTTY || !stdout.isTTY) throw new CliError('interactive mode needs a terminal');
  const { path } = session.current();
  let state: TreeState = {
    root: { path, children: await childrenOf(session, path), expanded: true, mount: false },
    selected: path,
  };
  const chosen = await new Promise<string | undefined>((resolve, reject) => {
    emitKeypressEvents(stdin);
    stdin.setRawMode(true);
    stdin.resume();
    const draw = (): void => void stdout.write(clear + screenOf(state, stdout.rows ?? 24));
    const end = (result: string | undefined): void => {
      stdin.setRawMode(false);
      stdin.pause();
      stdin.removeListener('keypress', onKey);
      stdout.write(clear);
      resolve(result);
    };
    const onKey = (_text: string, key: { name?: string; ctrl?: boolean }): void => {
      const leaves = key.name === 'q' || (key.ctrl === true && key.name === 'c');
      if (leaves || key.name === 'return') {
        end(leaves ? undefined : state.selected);
        return;
      }
      const pressed = keys[key.name ?? ''];
      if (pressed === undefined) return;
      const next = pressKey(state, pressed);
      state = next.state;
      draw();
      if (next.load === undefined) return;
      void expand(session, state, next.load).then((expanded) => {
        state = expanded;
        draw();
      }, reject);
    };
    stdin.on('keypress', onKey);
    draw();
  });
  if (chosen !== undefined && chosen !== path) await switchTo(session, chosen, { short: false });
}

async function expand(session: Session, state: TreeState, path: string): Promise<TreeState> {
  const children = await childrenOf(session, path);
  return replaceNode(state, path, (node) => ({ ...node, children, expanded: true }));
}

async function childrenOf(session: Session, path: string): Promise<TreeNode[]> {
  const list = await (await session.client(path)).resource<WorkspaceObject>(workspacesResource).list();
  return list.items.map((workspace) => ({
    path: `${path}:${workspace.metadata.name}`,
    children: undefined,
    expanded: false,
    mount: workspace.spec?.mount !== undefined,
  }));
}

/** As many rows as fit, around the selected one. */
function screenOf(state: TreeState, height: number): string {
  const rows = rowsOf(state.root);
  const at = Math.max(
    0,
    rows.findIndex(({ node }) => node.path === state.selected),
  );
  const room = Math.max(1, height - 2);
  const start = Math.max(0, Math.min(at - Math.floor(room / 2), rows.length - room));
  const lines = rows.slice(start, start + room).map(({ node, depth }) => {
    const mark = node.mount ? ' ' : node.expanded ? '▾' : '▸';
    const text = `${'  '.repeat(depth)}${mark} ${depth === 0 ? node.path : lastSegment(node.path)}${node.mount ? ' [m]' : ''}`;
    return node.path === state.selected ? `${inverse}${text}${normal}` : text;
  });
  return `${lines.join('\r\n')}\r\n\r\n↑↓ move  ←→ collapse, expand  Enter go there  q quit`;
}
