import { describe, expect, it } from 'vitest';
import { checkTypeLimits, initializersOf, type ResolvedType, type TypeSpec, terminatorsOf } from './workspace-types.ts';

const type = (name: string, spec: TypeSpec = {}): ResolvedType => ({ name, cluster: 'root', path: 'root', spec });
const only = (...names: string[]) => ({ types: names.map((name) => ({ name, path: 'root' })) });

describe('limits between parent and child types', () => {
  it('let everything through when there are none', () => {
    expect(() => checkTypeLimits([type('a')], [type('b')])).not.toThrow();
  });

  it('refuse any parent or child where none is allowed', () => {
    expect(() => checkTypeLimits([type('root', { limitAllowedParents: { none: true } })], [type('b')])).toThrow(
      'workspace type root:root cannot have any parent',
    );
    expect(() => checkTypeLimits([type('a')], [type('leaf', { limitAllowedChildren: { none: true } })])).toThrow(
      'workspace type root:leaf cannot have any child',
    );
  });

  it('are satisfied by any alias of the other side', () => {
    const child = [type('team', { limitAllowedParents: only('organization') })];
    expect(() => checkTypeLimits(child, [type('universal'), type('organization')])).not.toThrow();
    expect(() => checkTypeLimits(child, [type('universal')])).toThrow(
      'workspace type root:team only allows [root:organization] parent workspaces, but parent type root:universal only implements [root:universal]',
    );
  });

  it('of a base type bind what extends it, and the message names both', () => {
    const child = [type('base', { limitAllowedParents: only('organization') }), type('mine')];
    expect(() => checkTypeLimits(child, [type('universal')])).toThrow(
      'workspace type root:mine extends root:base only allows',
    );
  });
});

describe('lifecycle hooks of a workspace', () => {
  it('come from all its types, base types first', () => {
    const aliases = [
      type('base', { initializer: true, terminator: true }),
      type('plain'),
      type('leaf', { initializer: true }),
    ];
    expect(initializersOf(aliases)).toEqual(['root:base', 'root:leaf']);
    expect(terminatorsOf(aliases)).toEqual(['root:base']);
  });
});
