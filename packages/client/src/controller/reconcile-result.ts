import type { ObjectKey } from '../informer/object-key.ts';

/** The object to look at. Why is not told: reconcile compares what is with what should be. */
export type ReconcileRequest = ObjectKey;

/** Nothing more to do until something changes, or have another look after a while. */
export type ReconcileResult = { action: 'done' } | { action: 'requeue'; afterMs: number };

export const done: ReconcileResult = { action: 'done' };

export function requeueAfter(afterMs: number): ReconcileResult {
  return { action: 'requeue', afterMs };
}
