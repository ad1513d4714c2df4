import { describe, expect, it } from 'vitest';
import { pressKey, replaceNode, rowsOf, type TreeNode, type TreeState } from './tree-model.ts';

const leaf = (path: string, mount = false): TreeNode => ({ path, children: undefined, expanded: false, mount });
const state = (): TreeState => ({
  root: { path: 'root', children: [leaf('root:a'), leaf('root:b', true)], expanded: true, mount: false },
  selected: 'root',
});
const paths = (s: TreeState) => rowsOf(s.root).map(({ node, depth }) => `${depth} ${node.path}`);

describe('the tree on the screen', () => {
  it('shows what is expanded', () => {
    expect(paths(state())).toEqual(['0 root', '1 root:a', '1 root:b']);
    expect(paths(pressKey(state(), 'left').state)).toEqual(['0 root']);
  });

  it('moves the selection within its bounds', () => {
    let s = pressKey(state(), 'up').state;
    expect(s.selected).toBe('root');
    for (let i = 0; i < 5; i++) s = pressKey(s, 'down').state;
    expect(s.selected).toBe('root:b');
  });

  it('asks for children that nobody has looked up yet', () => {
    const s = { ...state(), selected: 'root:a' };
    const pressed = pressKey(s, 'right');
    expect(pressed.load).toBe('root:a');
    const loaded = replaceNode(pressed.state, 'root:a', (node) => ({
      ...node,
      children: [leaf('root:a:x')],
      expanded: true,
    }));
    expect(paths(loaded)).toEqual(['0 root', '1 root:a', '2 root:a:x', '1 root:b']);
    expect(pressKey({ ...loaded, selected: 'root:a:x' }, 'left').state.selected).toBe('root:a');
  });

  it('never opens a mount', () => {
    expect(pressKey({ ...state(), selected: 'root:b' }, 'right')).not.toHaveProperty('load');
  });
});
