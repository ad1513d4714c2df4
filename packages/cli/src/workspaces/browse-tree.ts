import { emitKeypressEvents } from 'node:readline';
import { isStatusError } from '@canopy/apimachinery';
import { CliError, type Terminal } from '../session/cli-io.ts';
import type { Session } from '../session/session.ts';
import { drawScreen } from './browser-screen.ts';
import { switchTo } from './go-to.ts';
import {
  bindingsResource,
  endpointSlicesResource,
  exportsResource,
  type WorkspaceObject,
  workspacesResource,
} from './resources.ts';
import {
  type ApiInfo,
  nodeOf,
  pressKey,
  replaceNode,
  type TreeKey,
  type TreeNode,
  type TreeState,
} from './tree-model.ts';

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
/** To the screen beside the one of the shell, without a cursor, and back. */
const enterScreen = '\u001b[?1049h\u001b[?25l';
const leaveScreen = '\u001b[?25h\u001b[?1049l';

/** `kubectl ws -i`: a tree on the screen; Enter goes to the chosen workspace, q leaves things as they are. */
export async function browseTree(session: Session): Promise<void> {
  const { terminal } = session.io;
  if (terminal === undefined) throw new CliError('interactive mode needs a terminal on standard input and output');
  const { path } = session.target();
  const root: TreeNode = { path, children: await childrenOf(session, path), expanded: true, mount: false };
  const chosen = await choose(session, terminal, { root, selected: path });
  if (chosen !== undefined) await switchTo(session, chosen, { short: false });
}

interface Key {
  name?: string;
  ctrl?: boolean;
}

/** Runs the browser until a workspace is chosen, or none. The terminal is as before when it ends, whatever happens. */
async function choose(session: Session, terminal: Terminal, start: TreeState): Promise<string | undefined> {
  const { input } = terminal;
  let state = start;
  let open = true;
  const draw = (): void => {
    if (open) terminal.write(drawScreen(state, terminal.size()));
  };
  emitKeypressEvents(input);
  input.setRawMode?.(true);
  terminal.write(enterScreen);
  let listener: ((text: string | undefined, key: Key) => void) | undefined;
  try {
    return await new Promise<string | undefined>((resolve, reject) => {
      const update = (change: (state: TreeState) => TreeState): void => {
        state = change(state);
        draw();
      };
      const inform = (): void => {
        const selected = nodeOf(state, state.selected);
        if (selected === undefined || selected.mount || selected.info !== undefined) return;
        update((s) => replaceNode(s, selected.path, (node) => ({ ...node, info: 'loading' })));
        apisOf(session, selected.path).then(
          (info) => update((s) => replaceNode(s, selected.path, (node) => ({ ...node, info }))),
          reject,
        );
      };
      listener = (_text, key) => {
        if (key.name === 'q' || key.name === 'escape' || (key.ctrl === true && key.name === 'c')) resolve(undefined);
        else if (key.name === 'return' || key.name === 'enter') {
          if (nodeOf(state, state.selected)?.mount !== true) resolve(state.selected);
        } else {
          const pressed = keys[key.name ?? ''];
          if (pressed === undefined) return;
          const { state: next, load } = pressKey(state, pressed);
          update(() => next);
          inform();
          if (load === undefined) return;
          childrenOf(session, load).then(
            (children) => update((s) => replaceNode(s, load, (node) => ({ ...node, children, expanded: true }))),
            reject,
          );
        }
      };
      input.on('keypress', listener);
      input.once('end', () => resolve(undefined));
      input.resume();
      draw();
      inform();
    });
  } finally {
    open = false;
    if (listener !== undefined) input.removeListener('keypress', listener);
    input.setRawMode?.(false);
    input.pause();
    terminal.write(leaveScreen);
  }
}

/** The workspaces in a workspace; none where they may not be listed. */
async function childrenOf(session: Session, path: string): Promise<TreeNode[]> {
  return (await listed(session, path, workspacesResource))
    .filter((workspace) => workspace.metadata.deletionTimestamp === undefined)
    .map((workspace) => ({
      path: `${path}:${workspace.metadata.name}`,
      children: undefined,
      expanded: false,
      mount: workspace.spec?.mount !== undefined,
    }));
}

async function apisOf(session: Session, path: string): Promise<ApiInfo> {
  const names = async (resource: typeof exportsResource): Promise<string[]> =>
    (await listed(session, path, resource)).map((object) => object.metadata.name ?? '');
  const [exports, endpointSlices, bindings] = await Promise.all([
    names(exportsResource),
    names(endpointSlicesResource),
    names(bindingsResource),
  ]);
  return { exports, endpointSlices, bindings };
}

async function listed(session: Session, path: string, resource: typeof exportsResource): Promise<WorkspaceObject[]> {
  try {
    return (await (await session.client(path)).resource<WorkspaceObject>(resource).list()).items;
  } catch (error) {
    if (isStatusError(error)) return [];
    throw error;
  }
}
