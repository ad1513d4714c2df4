import { lastSegment } from '../session/workspace-path.ts';
import { nodeOf, rowsOf, type TreeState } from './tree-model.ts';

const clear = '\u001b[2J\u001b[H';
const inverse = '\u001b[7m';
const normal = '\u001b[0m';
const help = '↑↓ move  ←→ collapse, expand  Enter go there  q quit';
/** Lines below the tree: a blank one, three of APIs, a blank one, the help. */
const linesBelow = 6;

/** As many rows of the tree as fit, around the selected one, and the APIs of that one. */
export function drawScreen(state: TreeState, { rows: height, columns }: { rows: number; columns: number }): string {
  const rows = rowsOf(state.root);
  const at = Math.max(
    0,
    rows.findIndex(({ node }) => node.path === state.selected),
  );
  const room = Math.max(1, height - linesBelow);
  const start = Math.max(0, Math.min(at - Math.floor(room / 2), rows.length - room));
  const lines = rows.slice(start, start + room).map(({ node, depth }) => {
    const mark = node.mount ? ' ' : node.expanded ? '▾' : '▸';
    const name = depth === 0 ? node.path : lastSegment(node.path);
    const text = `${'  '.repeat(depth)}${mark} ${name}${node.mount ? ' [m]' : ''}`.slice(0, columns);
    return node.path === state.selected ? `${inverse}${text}${normal}` : text;
  });
  const below = ['', ...apiLines(state).map((line) => line.slice(0, columns)), '', help.slice(0, columns)];
  return clear + [...lines, ...below].join('\r\n');
}

function apiLines(state: TreeState): string[] {
  const info = nodeOf(state, state.selected)?.info;
  const list = (names: readonly string[]): string => (names.length === 0 ? '-' : names.join(', '));
  const shown = (key: 'exports' | 'endpointSlices' | 'bindings'): string =>
    info === undefined ? '' : info === 'loading' ? '…' : list(info[key]);
  return [
    `APIExports: ${shown('exports')}`,
    `Endpoint slices: ${shown('endpointSlices')}`,
    `APIBindings: ${shown('bindings')}`,
  ];
}
