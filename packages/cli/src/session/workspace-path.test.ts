import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  isValidPath,
  lastSegment,
  normalArgument,
  parentOf,
  parseWorkspaceUrl,
  resolvePath,
} from './workspace-path.ts';

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
    [':root:x:..:y', 'root:y'],
    [':system:admin', 'system:admin'],
    ['a/', 'root:a'],
  ])('%s leads from root to %s', (argument, expected) => {
    expect(resolvePath(argument, 'root')).toBe(expected);
  });

  it('goes up and down from deeper workspaces', () => {
    expect(resolvePath('..', 'root:a:b')).toBe('root:a');
    expect(resolvePath('..:..', 'root:a:b')).toBe('root');
    expect(resolvePath('../c', 'root:a:b')).toBe('root:a:c');
    expect(resolvePath(':', 'abc:x:y')).toBe('abc');
    expect(resolvePath(':', 'system:admin')).toBe('system:admin');
  });

  it('cannot leave the tree', () => {
    expect(() => resolvePath('..', 'root')).toThrow('cannot go up from root');
    expect(() => resolvePath('..', 'system:admin')).toThrow('cannot go up');
  });

  it('leads back where it started after as many steps up as down', () => {
    const name = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/).filter((text) => text !== 'root');
    const names = fc.array(name, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(names, names, (start, below) => {
        const current = start.join(':');
        const there = resolvePath(below.join(':'), current);
        expect(resolvePath(`:${there}`, 'root')).toBe(there);
        expect(resolvePath(below.map(() => '..').join('/'), there)).toBe(current);
      }),
    );
  });

  it.each([
    ['/home/alice', '~'],
    ['/home/alice/a/b', '~:a:b'],
    ['/home/alicex', ':home:alicex'],
    ['~/a', '~:a'],
    ['/', ':'],
  ])('%s means %s to somebody who lives in /home/alice', (argument, expected) => {
    expect(normalArgument(argument, '/home/alice/')).toBe(expected);
  });

  it.each(['A', 'a b', 'a:-b', 'a::b', '::', '*', ''])('%s is refused', (argument) => {
    expect(() => resolvePath(argument, 'root')).toThrow(`invalid workspace path: ${argument}`);
  });

  it('has a parent and a last segment', () => {
    expect([parentOf('root:a'), parentOf('root'), parentOf('system:admin')]).toEqual(['root', undefined, undefined]);
    expect([lastSegment('root:a:b'), lastSegment('root')]).toEqual(['b', 'root']);
    expect(isValidPath('root:'.concat('a'.repeat(64)))).toBe(false);
  });
});
