import { deepEqual } from '@canopy/apimachinery';
import type { Clock, Condition } from '@canopy/client';
import { withCondition } from '@canopy/client';
import type { Phase, PostgresDatabase, PostgresDatabaseStatus } from '../api/postgres-database.ts';

/** How one part of an order went. */
export type Outcome = { ok: true; reason: string; message?: string } | { ok: false; reason: string; message: string };

/** What a reconcile found out. Parts that were not come to are left out, and keep the condition they have. */
export interface OrderReport {
  deleting?: boolean;
  database?: Outcome;
  extensions?: Outcome;
  secret?: Outcome;
  endpoint?: PostgresDatabaseStatus['endpoint'];
  secretRef?: PostgresDatabaseStatus['secretRef'];
  sizeBytes?: number;
}

const parts = [
  ['DatabaseReady', 'database'],
  ['ExtensionsReady', 'extensions'],
  ['SecretReady', 'secret'],
] as const;

/** The status after a report; the same object when it says nothing new. `Ready` sums up, and tells the first trouble. */
export function statusAfter(
  order: PostgresDatabase,
  report: OrderReport,
  clock: Pick<Clock, 'now'>,
): PostgresDatabaseStatus {
  const before = order.status ?? {};
  const generation = order.metadata.generation;
  let conditions: readonly Condition[] = before.conditions ?? [];
  const put = (type: string, outcome: Outcome) => {
    const { reason, message = '' } = outcome;
    const wanted = { type, status: outcome.ok ? 'True' : 'False', reason, message, observedGeneration: generation };
    conditions = withCondition(conditions, wanted as Omit<Condition, 'lastTransitionTime'>, clock);
  };
  for (const [type, part] of parts) if (report[part] !== undefined) put(type, report[part]);
  const trouble = parts.map(([, part]) => report[part]).find((outcome) => outcome?.ok === false);
  const complete = parts.every(([, part]) => report[part]?.ok);
  put('Ready', summary(report, trouble, complete));
  const after: PostgresDatabaseStatus = {
    ...before,
    phase: phaseOf(report, trouble, complete),
    observedGeneration: generation,
    endpoint: report.endpoint ?? before.endpoint,
    secretRef: report.secretRef ?? before.secretRef,
    sizeBytes: report.sizeBytes ?? before.sizeBytes,
    conditions: conditions as Condition[],
  };
  return deepEqual(withoutUndefined(before), withoutUndefined(after)) ? before : after;
}

function summary(report: OrderReport, trouble: Outcome | undefined, complete: boolean): Outcome {
  if (trouble !== undefined) return trouble;
  if (report.deleting) return { ok: false, reason: 'Deleting', message: 'the database is being removed' };
  if (complete) return { ok: true, reason: 'Delivered' };
  return { ok: false, reason: 'InProgress', message: 'the database is being made' };
}

function phaseOf(report: OrderReport, trouble: Outcome | undefined, complete: boolean): Phase {
  if (report.deleting) return 'Deleting';
  if (trouble !== undefined) return 'Failed';
  return complete ? 'Ready' : 'Pending';
}

function withoutUndefined(status: PostgresDatabaseStatus): object {
  return Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined));
}
