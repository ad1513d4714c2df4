import { describe, expect, it } from 'vitest';
import { decideNames, takenNames } from './name-conflicts.ts';

const widgets = { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList', shortNames: ['wd'] };

describe('decideNames', () => {
  it('accepts names that nobody has', () => {
    const { accepted, conflict } = decideNames({ ...widgets, categories: ['all'] }, undefined, takenNames([]));
    expect(conflict).toBeUndefined();
    expect(accepted).toEqual({ ...widgets, categories: ['all'] });
  });

  it('gives what is free and names the conflict for the rest', () => {
    const taken = takenNames([
      { plural: 'gadgets', singular: 'gadget', kind: 'Widget', listKind: 'GadgetList', shortNames: ['wd'] },
    ]);
    const { accepted, conflict } = decideNames(widgets, undefined, taken);
    expect(accepted).toEqual({ plural: 'widgets', singular: 'widget', kind: '', listKind: 'WidgetList' });
    expect(conflict).toEqual({ reason: 'KindConflict', message: '"Widget" is already in use' });
  });

  it('lets a plural collide with the short name of another definition', () => {
    const taken = takenNames([{ plural: 'x', kind: 'X', shortNames: ['widgets'] }]);
    expect(decideNames(widgets, undefined, taken).conflict?.reason).toBe('PluralConflict');
  });

  it('keeps names that were accepted before, whoever else claims them now', () => {
    const taken = takenNames([widgets]);
    expect(decideNames(widgets, widgets, taken).conflict).toBeUndefined();
  });

  it('lists all short names that are in use', () => {
    const taken = takenNames([{ plural: 'a', kind: 'A', shortNames: ['x', 'y'] }]);
    const { conflict } = decideNames({ ...widgets, shortNames: ['x', 'wd', 'y'] }, widgets, taken);
    expect(conflict).toEqual({
      reason: 'ShortNamesConflict',
      message: '["x" is already in use, "y" is already in use]',
    });
  });
});
