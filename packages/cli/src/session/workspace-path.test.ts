import { describe, expect, it } from 'vitest';
import { isValidPath, lastSegment, parentOf, parseWorkspaceUrl, resolvePath } from './workspace-path.ts';

describe('the URL of a workspace', () => {
  it('is split at /clusters/', () => {
    expect(parseWorkspaceUrl('https://h:6443/clusters/root:a')).toEqual({ base: 'https://h:6443', path: 'root:a' });
    expect(parseWorkspaceUrl('https://h/prefix/clusters/root/')).toEqual({ base: 'https://h/prefix', path: 'root' });
    expect(parseWorkspaceUrl('https://h/clusters/system:admin')).toEqual({ base: 'https://h', path: 'system:admin' });
  });

  it.each([
    'https://h',
    'https://h/clusters/*',
    'https://h/clusters/Root',
    'https://h/services/apiexport/c/e/clusters/x',
  ])('%s is none', (url) => {
    expect(parseWorkspaceUrl(url)).toBeUndefined();
  });
});

describe('a path', () => {
  it.each([
    ['a', 'root:a'],
    ['a:b', 'root:a:b'],
    ['a/b', 'root:a:b'],
    ['.', 'root'],
    ['./a', 'root:a'],
    ['a:..:b', 'root:b'],
    [':root:x', 'root:x'],
    [':abc123', 'abc123'],
    ['root:x', 'root:x'],
    ['root', 'root'],
    [':', 'root'],
  ])('%s leads from root to %s', (argument, expected) => {
    expect(resolvePath(argument, 'root')).toBe(expected);
  });

  it('goes up and down from deeper workspaces', () => {
    expect(resolvePath('..', 'root:a:b')).toBe('root:a');
    expect(resolvePath('..:..', 'root:a:b')).toBe('root');
    expect(resolvePath('../c', 'root:a:b')).toBe('root:a:c');
    expect(resolvePath(':', 'abc:x:y')).toBe('abc');
  });

  it('cannot leave the tree', () => {
    expect(() => resolvePath('..', 'root')).toThrow('cannot go up from root');
    expect(() => resolvePath('..', 'system:admin')).toThrow('cannot go up');
  });

  it.each(['A', 'a b', 'a:-b', ':', '*'].filter((text) => text !== ':'))('%s is refused', (argument) => {
    expect(() => resolvePath(argument, 'root')).toThrow(`invalid workspace path: ${argument}`);
  });

  it('has a parent and a last segment', () => {
    expect([parentOf('root:a'), parentOf('root'), parentOf('system:admin')]).toEqual(['root', undefined, undefined]);
    expect([lastSegment('root:a:b'), lastSegment('root')]).toEqual(['b', 'root']);
    expect(isValidPath('root:'.concat('a'.repeat(64)))).toBe(false);
  });
});
