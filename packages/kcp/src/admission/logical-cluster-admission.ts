import { forbidden, type KubeObject } from '@canopy/apimachinery';
import type { AdmissionPlugin, AdmissionRequest } from '@canopy/apiserver';
import { isPrivileged } from './match.ts';

const group = 'core.kcp.io';
const ordinals: Readonly<Record<string, number>> = { '': 1, Scheduling: 2, Initializing: 3, Ready: 4 };

interface Lifecycle {
  spec: { initializers?: string[]; createdBy?: unknown; directlyDeletable?: boolean };
  status: { phase?: string; initializers?: string[]; terminators?: string[] };
}

function lifecycleOf(object: KubeObject): Lifecycle {
  return { spec: (object.spec ?? {}) as Lifecycle['spec'], status: (object.status ?? {}) as Lifecycle['status'] };
}

/** LogicalClusters are made and unmade by the system; users may only move them forward. */
export const logicalClusterAdmission: AdmissionPlugin = {
  name: 'core.kcp.io/LogicalCluster',
  handles: ({ resource }) =>
    resource.declaration.group === group && resource.declaration.names.plural === 'logicalclusters',
  validate(request) {
    if (isPrivileged(request)) return;
    if (request.operation === 'CREATE') throw refuse(request, 'LogicalCluster cannot be created');
    const old = request.old as KubeObject;
    if (request.operation === 'DELETE') {
      if (lifecycleOf(old).spec.directlyDeletable !== true) throw refuse(request, 'LogicalCluster cannot be deleted');
      return;
    }
    checkUpdate(request, request.object as KubeObject, old);
  },
};

function refuse(request: AdmissionRequest, why: string): Error {
  return forbidden({ group, resource: 'logicalclusters' }, request.name, why);
}

function checkUpdate(request: AdmissionRequest, object: KubeObject, old: KubeObject): void {
  const now = lifecycleOf(object);
  const before = lifecycleOf(old);
  const same = (a: unknown, b: unknown): boolean => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
  if (!same(now.spec.initializers, before.spec.initializers)) throw refuse(request, 'spec.initializers is immutable');
  if (!same(now.spec.createdBy, before.spec.createdBy)) throw refuse(request, 'spec.createdBy is immutable');
  const [phase, oldPhase] = [now.status.phase ?? '', before.status.phase ?? ''];
  const left = now.status.initializers ?? [];
  const had = before.status.initializers ?? [];
  if (left.some((name) => !had.includes(name))) throw refuse(request, 'status.initializers must not grow');
  if (oldPhase !== 'Initializing' && oldPhase !== '' && oldPhase !== 'Scheduling' && left.length !== had.length) {
    throw refuse(request, 'status.initializers is immutable after initialization');
  }
  if (oldPhase === 'Initializing' && phase !== 'Initializing' && left.length > 0)
    throw refuse(request, 'status.initializers is not empty');
  const [to, from] = [ordinals[phase] ?? 0, ordinals[oldPhase] ?? 0];
  if (from > 0 && to < from) throw refuse(request, `cannot transition from "${oldPhase}" to "${phase}"`);
  const inactive = (o: KubeObject): boolean =>
    o.metadata.annotations?.['core.kcp.io/inactive'] === 'true' ||
    o.metadata.annotations?.['internal.kcp.io/inactive'] === 'true';
  if (inactive(object) && !inactive(old) && phase !== 'Ready') {
    throw refuse(request, `LogicalCluster can only be marked inactive in phase "Ready", but is in phase "${phase}"`);
  }
  const removed = (old.metadata.finalizers ?? []).includes('core.kcp.io/logicalcluster-deletion');
  if (removed && !(object.metadata.finalizers ?? []).includes('core.kcp.io/logicalcluster-deletion')) {
    throw refuse(request, 'removing the finalizer core.kcp.io/logicalcluster-deletion is forbidden');
  }
}
