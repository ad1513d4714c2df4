import { setCondition } from '@canopy/api';
import type { KubeObject } from '@canopy/apimachinery';
import { labelPhase, ownerAnnotation, ownerUser, workspaceSpecOf, workspaceStatusOf } from '@canopy/kcp';
import { clusterStatusOf } from './cluster-objects.ts';
import { phaseOf } from './cluster-phase.ts';

const mirroredConditions = ['WorkspaceInitialized', 'WorkspaceContentDeleted'];

/** Shows on a Workspace what its LogicalCluster is: phase, initializers, terminators, conditions, label, reduced owner. */
export function mirrorCluster(workspace: KubeObject, logicalCluster: KubeObject, now: string): void {
  const status = workspaceStatusOf(workspace);
  const of = clusterStatusOf(logicalCluster);
  for (const field of ['initializers', 'terminators'] as const) {
    const names = of[field];
    if (names === undefined || names.length === 0) delete status[field];
    else status[field] = [...names];
  }
  for (const type of mirroredConditions) {
    const condition = of.conditions?.find((candidate) => candidate.type === type);
    if (condition === undefined) continue;
    const { lastTransitionTime: _, ...rest } = condition;
    status.conditions = setCondition(status.conditions, rest, now);
  }
  setPhase(workspace, workspacePhase(workspace, logicalCluster));
  reduceOwner(workspace);
}

/** Being inactive is a matter of the cluster alone. Anything wrong with a Workspace makes it unavailable, once it is used. */
function workspacePhase(workspace: KubeObject, logicalCluster: KubeObject): string {
  const phase = phaseOf(logicalCluster);
  if (phase === 'Deleting' || phase === 'Terminating' || phase === 'Initializing') return phase;
  return isBroken(workspace) ? 'Unavailable' : 'Ready';
}

export function isBroken(workspace: KubeObject): boolean {
  return (
    workspaceStatusOf(workspace).conditions?.some(
      ({ type, status }) => type.startsWith('Workspace') && status === 'False',
    ) ?? false
  );
}

export function setPhase(workspace: KubeObject, phase: string): void {
  const status = workspaceStatusOf(workspace);
  if (status.phase !== phase) status.phase = phase;
  if (workspace.metadata.labels?.['tenancy.kcp.io/phase'] !== phase) labelPhase(workspace, phase);
}

/** Once it is ready only the name of who made it stays. */
function reduceOwner(workspace: KubeObject): void {
  if (workspaceStatusOf(workspace).phase !== 'Ready') return;
  const owner = ownerUser(workspace.metadata.annotations?.[ownerAnnotation]);
  if (owner === undefined) return;
  workspace.metadata.annotations = {
    ...workspace.metadata.annotations,
    [ownerAnnotation]: JSON.stringify({ username: owner.name }),
  };
}

/** The Workspace of a cluster that is not there (any more). */
export function showDisappeared(workspace: KubeObject, now: string): void {
  const status = workspaceStatusOf(workspace);
  status.conditions = setCondition(
    status.conditions,
    {
      type: 'WorkspaceInitialized',
      status: 'False',
      severity: 'Error',
      reason: 'WorkspaceDisappeared',
      message: `LogicalCluster ${workspaceSpecOf(workspace).cluster} not found`,
    },
    now,
  );
  setPhase(workspace, 'Unavailable');
}
