import { readyCondition } from '../kcp-names/condition-types.ts';
import type { ConditionSeverity, NewCondition } from './condition.ts';
import { byRank, setCondition } from './condition.ts';
import type { Condition } from './condition-schema.ts';

/** What counts most comes first. */
const ranks: readonly ((condition: Condition) => boolean)[] = [
  ({ status, severity }) => status === 'False' && (severity ?? '') === 'Error',
  ({ status, severity }) => status === 'False' && severity === 'Warning',
  ({ status, severity }) => status === 'False' && severity !== 'Error' && severity !== 'Warning',
  ({ status }) => status === 'True',
  ({ status }) => status === 'Unknown',
];

export interface SummaryOptions {
  /** Conditions that count, those that count most first. Default: all but Ready, by type. */
  types?: readonly string[];
  now: string;
}

/**
 * The conditions with Ready set from the others: it takes status, severity, reason and message from the most important
 * one, errors before warnings before information before what is true before what is unknown. If nothing is there to
 * be summed up, the conditions stay as they are.
 */
export function summarizeReady(conditions: Condition[] | undefined, { types, now }: SummaryOptions): Condition[] {
  const present = conditions ?? [];
  const counting = present.filter(
    ({ type }) => type !== readyCondition && (types === undefined || types.includes(type)),
  );
  counting.sort(types === undefined ? byRank : (a, b) => types.indexOf(a.type) - types.indexOf(b.type));
  for (const rank of ranks) {
    const top = counting.find(rank);
    if (top !== undefined) return setCondition(present, readyFrom(top), now);
  }
  return present;
}

function readyFrom({ status, severity, reason, message }: Condition): NewCondition {
  if (status === 'True') return { type: readyCondition, status: 'True' };
  const ready: NewCondition = { type: readyCondition, status: status === 'False' ? 'False' : 'Unknown' };
  if (status === 'False') ready.severity = (severity === '' ? undefined : severity) as ConditionSeverity | undefined;
  if (reason !== undefined) ready.reason = reason;
  if (message !== undefined) ready.message = message;
  return ready;
}
