import type { Row } from '../report.ts';
import type { Stage } from './measure-scale.ts';

const target = 1_000_000;

/**
 * What a million workspaces would take, in a straight line through the last two stages; through none and the last where
 * only that one was measured, which is too much, since caches fill at first and then no more.
 */
export function projectionOf(stages: readonly Stage[]): Row[] {
  const last = stages.at(-1);
  if (last === undefined) return [];
  const rows: Row[] = [];
  const database = figureOf(last, 'database per workspace');
  if (database !== undefined) rows.push({ name: 'database', value: (database * target) / 1e6, unit: 'GB' });
  const resident = figureOf(last, 'resident, caches full');
  if (resident !== undefined) {
    const base = baseOf(stages.at(-2)) ?? { workspaces: 0, resident: figureOf(last, 'resident, just started') ?? 0 };
    const slope = Math.max(0, resident - base.resident) / (last.workspaces - base.workspaces);
    rows.push({ name: 'resident', value: resident + slope * (target - last.workspaces), unit: 'MB' });
  }
  const perSecond = figureOf(last, 'workspaces made');
  if (perSecond !== undefined)
    rows.push({ name: 'time to make them', value: target / perSecond / 3600, unit: 'hours' });
  return rows;
}

function baseOf(stage: Stage | undefined): { workspaces: number; resident: number } | undefined {
  const resident = stage && figureOf(stage, 'resident, caches full');
  return resident === undefined ? undefined : { workspaces: stage?.workspaces ?? 0, resident };
}

function figureOf({ rows }: Stage, name: string): number | undefined {
  return rows.find((row) => row.name === name)?.value;
}
