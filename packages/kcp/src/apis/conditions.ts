import type { Condition } from './export-model.ts';

/** Sets one condition; `lastTransitionTime` only moves when the status does. Sorted by type, `Ready` first, as kcp has it. */
export function setCondition(
  conditions: readonly Condition[] | undefined,
  wanted: Omit<Condition, 'lastTransitionTime'>,
  now: string,
): Condition[] {
  const others = (conditions ?? []).filter((condition) => condition.type !== wanted.type);
  const old = conditions?.find((condition) => condition.type === wanted.type);
  const lastTransitionTime = old !== undefined && old.status === wanted.status ? old.lastTransitionTime : now;
  const { reason, message, severity, ...rest } = wanted;
  const condition: Condition = {
    ...rest,
    lastTransitionTime,
    ...(severity === undefined || wanted.status !== 'False' ? {} : { severity }),
    ...(reason === undefined || wanted.status === 'True' ? {} : { reason }),
    ...(message === undefined || wanted.status === 'True' ? {} : { message }),
  };
  return [...others, condition].sort(byType);
}

function byType(a: Condition, b: Condition): number {
  if ((a.type === 'Ready') !== (b.type === 'Ready')) return a.type === 'Ready' ? -1 : 1;
  return a.type < b.type ? -1 : a.type > b.type ? 1 : 0;
}

export function isTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}

/** The `Ready` summary: what the named condition says. */
export function summarise(conditions: Condition[], type: string, now: string): Condition[] {
  const of = conditions.find((condition) => condition.type === type);
  if (of === undefined) return conditions;
  const { lastTransitionTime: _, ...rest } = of;
  return setCondition(conditions, { ...rest, type: 'Ready' }, now);
}
