import { setCondition } from '@canopy/api';
import type { KubeObject } from '@canopy/apimachinery';
import { initializedCondition, lifecycleLabels } from '@canopy/kcp';
import { clusterStatusOf, deletionFinalizer, terminatorsFinalizer } from './cluster-objects.ts';

/**
 * - `Scheduling`, `Initializing`, `Ready`: on its way to be used.
 * - `Inactive`: switched off by an annotation.
 * - `Terminating`: being deleted, terminators have work to do first.
 * - `Deleting`: being deleted, its content goes.
 */
export type ClusterPhase = 'Scheduling' | 'Initializing' | 'Ready' | 'Inactive' | 'Terminating' | 'Deleting';

const inactiveAnnotations = ['core.kcp.io/inactive', 'internal.kcp.io/inactive'];

export function isMarkedInactive(object: KubeObject): boolean {
  return inactiveAnnotations.some((key) => object.metadata.annotations?.[key] === 'true');
}

export function phaseOf(object: KubeObject): ClusterPhase {
  const status = clusterStatusOf(object);
  if (object.metadata.deletionTimestamp !== undefined)
    return (status.terminators?.length ?? 0) > 0 ? 'Terminating' : 'Deleting';
  if ((status.initializers?.length ?? 0) > 0) return 'Initializing';
  return isMarkedInactive(object) ? 'Inactive' : 'Ready';
}

/** Brings phase, lifecycle labels, the terminators' finalizer and `WorkspaceInitialized` in line with the rest of the object. */
export function settlePhase(object: KubeObject, now: string): void {
  const status = clusterStatusOf(object);
  const phase = phaseOf(object);
  const { initializers = [], terminators = [] } = status;
  status.phase = phase;
  if (phase === 'Initializing' || phase === 'Ready')
    status.conditions = setCondition(status.conditions, initializedCondition(initializers), now);
  if (initializers.length === 0) delete status.initializers;
  if (terminators.length === 0) delete status.terminators;
  const kept = Object.entries(object.metadata.labels ?? {}).filter(([key]) => !isLifecycleLabel(key));
  object.metadata.labels = { ...Object.fromEntries(kept), ...lifecycleLabels(phase, initializers, terminators) };
  const others = (object.metadata.finalizers ?? []).filter((name) => name !== terminatorsFinalizer);
  const held = others.includes(deletionFinalizer) && terminators.length > 0;
  object.metadata.finalizers = held ? [...others, terminatorsFinalizer] : others;
}

function isLifecycleLabel(key: string): boolean {
  return key.startsWith('initializer.internal.kcp.io/') || key.startsWith('terminator.internal.kcp.io/');
}

/** Whether {@link settlePhase} would change something. Cheap; for deciding whether an object needs a look. */
export function isPhaseSettled(object: KubeObject): boolean {
  const copy = { ...object, metadata: { ...object.metadata }, status: { ...clusterStatusOf(object) } };
  settlePhase(copy, '');
  const summary = (o: KubeObject): string =>
    JSON.stringify([o.metadata.labels, o.metadata.finalizers, clusterStatusOf(o).phase, initialized(o)]);
  return summary(copy) === summary(object);
}

function initialized(object: KubeObject): string | undefined {
  const condition = clusterStatusOf(object).conditions?.find(({ type }) => type === 'WorkspaceInitialized');
  return condition === undefined ? undefined : `${condition.status}:${condition.message}`;
}
