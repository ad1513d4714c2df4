import type { KubeObject } from '@canopy/apimachinery';
import {
  type CrdCondition,
  type CrdObject,
  cleanupFinalizer,
  isEstablished,
  withCondition,
} from '../definition/crd-object.ts';

/** What the deletion of a definition needs of the API. All calls are about the definition's own logical cluster. */
export interface CrdDeletionPorts {
  /** Objects of the definition, in whatever version; a page is enough. Empty when there are none left. */
  listInstances(crd: CrdObject): Promise<readonly KubeObject[]>;
  /** Deletes one; it is no error when it is gone already. */
  deleteInstance(crd: CrdObject, instance: KubeObject): Promise<void>;
  /** RFC 3339, seconds. */
  now(): string;
}

/**
 * What to do next with a definition.
 * - `none`: it is not being deleted, or somebody else's finalizer is what it waits for.
 * - `wait`: objects are left, whose own finalizers have to go; write the conditions and look again after a while.
 * - `release`: no objects are left; write the conditions, then take the finalizer away with `finalizers`.
 */
export type CrdDeletionStep =
  | { kind: 'none' }
  | { kind: 'wait'; conditions: CrdCondition[]; remaining: number }
  | { kind: 'release'; conditions: CrdCondition[]; finalizers: string[] };

/**
 * Deletes the objects of a definition that is being deleted, and tells when the definition may go. A definition that
 * never was established may share its plural with another one, whose objects these are: nothing is deleted then.
 */
export async function reconcileCrdDeletion(crd: CrdObject, ports: CrdDeletionPorts): Promise<CrdDeletionStep> {
  const finalizers = crd.metadata.finalizers ?? [];
  if (crd.metadata.deletionTimestamp === undefined || !finalizers.includes(cleanupFinalizer)) return { kind: 'none' };
  const released = finalizers.filter((finalizer) => finalizer !== cleanupFinalizer);
  const conditionsWith = (outcome: Outcome): CrdCondition[] =>
    withCondition(crd.status?.conditions ?? [], { type: 'Terminating', ...outcome }, ports.now());
  if (!isEstablished(crd))
    return { kind: 'release', conditions: conditionsWith(neverEstablished), finalizers: released };
  for (const instance of await ports.listInstances(crd)) {
    if (instance.metadata.deletionTimestamp === undefined) await ports.deleteInstance(crd, instance);
  }
  const remaining = await ports.listInstances(crd);
  if (remaining.length > 0)
    return { kind: 'wait', conditions: conditionsWith(inProgress), remaining: remaining.length };
  return { kind: 'release', conditions: conditionsWith(completed), finalizers: released };
}

type Outcome = Pick<CrdCondition, 'status' | 'reason' | 'message'>;

const neverEstablished: Outcome = {
  status: 'False',
  reason: 'NeverEstablished',
  message: 'resource was never established',
};
const inProgress: Outcome = {
  status: 'True',
  reason: 'InstanceDeletionInProgress',
  message: 'CustomResource deletion is in progress',
};
const completed: Outcome = { status: 'False', reason: 'InstanceDeletionCompleted', message: 'removed all instances' };
