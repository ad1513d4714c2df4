import { formatTime } from '@canopy/apimachinery';
import type { Clock } from '../clock.ts';

/** metav1.Condition; kcp's own add `severity`. */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  severity?: 'Error' | 'Warning' | 'Info';
  /** RFC 3339. */
  lastTransitionTime?: string;
  observedGeneration?: number;
}

export function findCondition(conditions: readonly Condition[] | undefined, type: string): Condition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

export function isConditionTrue(conditions: readonly Condition[] | undefined, type: string): boolean {
  return findCondition(conditions, type)?.status === 'True';
}

/**
 * A list with the condition in it, in the place of the one of its type. The time of transition moves only with `status`;
 * the same list comes back when nothing differs.
 */
export function withCondition(
  conditions: readonly Condition[] | undefined,
  wanted: Omit<Condition, 'lastTransitionTime'>,
  clock: Pick<Clock, 'now'>,
): readonly Condition[] {
  const before = findCondition(conditions, wanted.type);
  const moved = before?.status !== wanted.status;
  const after: Condition = {
    ...wanted,
    lastTransitionTime: moved || !before?.lastTransitionTime ? formatTime(clock.now()) : before.lastTransitionTime,
  };
  if (before === undefined) return [...(conditions ?? []), after];
  const fields = ['status', 'reason', 'message', 'severity', 'observedGeneration', 'lastTransitionTime'] as const;
  if (fields.every((field) => before[field] === after[field])) return conditions!;
  return conditions!.map((condition) => (condition === before ? after : condition));
}
