import { readyCondition } from '../kcp-names/condition-types.ts';
import type { Condition } from './condition-schema.ts';

export type ConditionStatus = 'True' | 'False' | 'Unknown';
export type ConditionSeverity = 'Error' | 'Warning' | 'Info';

/** A condition to be set. The severity counts only if the status is False; it is an Error then unless said otherwise. */
export interface NewCondition {
  type: string;
  /** A {@link ConditionStatus}; plain text so that conditions read from objects fit. */
  status: string;
  /** A {@link ConditionSeverity}. */
  severity?: string;
  reason?: string;
  message?: string;
}

/** The condition of a type, if there is one. */
export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

export function isConditionFalse(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'False';
}

/**
 * The conditions with `condition` among them, Ready first and the others by type. `lastTransitionTime` is `now` (RFC
 * 3339, seconds) if anything about the condition has changed, else it stays. If nothing has changed, the very same list
 * is returned.
 */
export function setCondition(conditions: Condition[] | undefined, condition: NewCondition, now: string): Condition[] {
  const present = conditions ?? [];
  const index = present.findIndex(({ type }) => type === condition.type);
  const wanted = conditionOf(condition, now);
  const old = present[index];
  if (old !== undefined && sameState(old, wanted)) return present;
  return (index < 0 ? [...present, wanted] : present.with(index, wanted)).sort(byRank);
}

/** The conditions without those of `type`; the very same list if there are none. */
export function deleteCondition(conditions: Condition[], type: string): Condition[] {
  return conditions.some((condition) => condition.type === type)
    ? conditions.filter((condition) => condition.type !== type)
    : conditions;
}

function conditionOf({ type, status, severity, reason, message }: NewCondition, now: string): Condition {
  const condition: Condition = { type, status, lastTransitionTime: now };
  if (status === 'False') condition.severity = severity ?? 'Error';
  if (reason !== undefined && reason !== '') condition.reason = reason;
  if (message !== undefined && message !== '') condition.message = message;
  return condition;
}

function sameState(a: Condition, b: Condition): boolean {
  return (
    a.status === b.status &&
    (a.severity ?? '') === (b.severity ?? '') &&
    (a.reason ?? '') === (b.reason ?? '') &&
    (a.message ?? '') === (b.message ?? '')
  );
}

/** Order of conditions in lists: Ready first, the others by type. */
export function byRank(a: Condition, b: Condition): number {
  if (a.type === readyCondition) return b.type === readyCondition ? 0 : -1;
  if (b.type === readyCondition) return 1;
  return a.type < b.type ? -1 : Number(a.type > b.type);
}
