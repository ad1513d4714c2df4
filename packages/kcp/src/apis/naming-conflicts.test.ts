import { describe, expect, it } from 'vitest';
import { findNamingConflict, type NameHolder } from './naming-conflicts.ts';

const held: NameHolder = {
  group: 'g',
  names: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList', shortNames: ['wd'] },
  holder: 'CustomResourceDefinition "widgets.g"',
};

const wanted = (names: Partial<Parameters<typeof findNamingConflict>[0]['names']>, group = 'g') => ({
  group,
  names: { plural: 'things', kind: 'Thing', ...names },
});

describe('names within a group', () => {
  it.each([
    [{ plural: 'widgets' }, 'spec.names.plural=widgets'],
    [{ plural: 'widget' }, 'spec.names.plural=widget'],
    [{ plural: 'wd' }, 'spec.names.plural=wd'],
    [{ singular: 'widgets' }, 'spec.names.singular=widgets'],
    [{ shortNames: ['t', 'wd'] }, 'spec.names.shortNames[1]=wd'],
    [{ kind: 'Widget' }, 'spec.names.kind=Widget'],
    [{ kind: 'WidgetList' }, 'spec.names.kind=WidgetList'],
    [{ listKind: 'WidgetList' }, 'spec.names.listKind=WidgetList'],
  ])('conflict: %j', (names, text) => {
    expect(findNamingConflict(wanted(names), [held])).toBe(
      `naming conflict with CustomResourceDefinition "widgets.g": ${text} is forbidden`,
    );
  });

  it('do not conflict when they differ, or in another group', () => {
    expect(findNamingConflict(wanted({}), [held])).toBeUndefined();
    expect(findNamingConflict(wanted({ plural: 'widgets', kind: 'Widget' }, 'other'), [held])).toBeUndefined();
  });
});
