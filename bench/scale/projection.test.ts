import { describe, expect, it } from 'vitest';
import type { Stage } from './measure-scale.ts';
import { projectionOf } from './projection.ts';

function stage(workspaces: number, resident: number): Stage {
  const rows = [
    { name: 'workspaces made', value: 100, unit: '/s' },
    { name: 'resident, just started', value: 90, unit: 'MB' },
    { name: 'database per workspace', value: 25, unit: 'kB' },
    { name: 'resident, caches full', value: resident, unit: 'MB' },
  ];
  return { workspaces, rows };
}

function figures(stages: readonly Stage[]): (string | number)[][] {
  return projectionOf(stages).map(({ name, value, unit }) => [name, Math.round(value * 10) / 10, unit]);
}

describe('the projection to a million workspaces', () => {
  it('goes on as between the last two stages', () => {
    expect(figures([stage(1000, 120), stage(50_000, 200), stage(100_000, 210)])).toEqual([
      ['database', 25, 'GB'],
      ['resident', 390, 'MB'],
      ['time to make them', 2.8, 'hours'],
    ]);
  });

  it('takes growth since the start where there is one stage', () => {
    expect(figures([stage(100_000, 190)])[1]).toEqual(['resident', 1090, 'MB']);
  });

  it('does not make memory shrink', () => {
    expect(figures([stage(10_000, 200), stage(100_000, 180)])[1]).toEqual(['resident', 180, 'MB']);
  });

  it('is empty for nothing', () => {
    expect(projectionOf([])).toEqual([]);
  });
});
