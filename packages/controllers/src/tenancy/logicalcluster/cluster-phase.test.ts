import type { KubeObject } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { deletionFinalizer, terminatorsFinalizer } from './cluster-objects.ts';
import { isPhaseSettled, phaseOf, settlePhase } from './cluster-phase.ts';

function cluster(status: object, metadata: KubeObject['metadata'] = {}): KubeObject {
  return {
    apiVersion: 'core.kcp.io/v1alpha1',
    kind: 'LogicalCluster',
    metadata: { name: 'cluster', finalizers: [deletionFinalizer], ...metadata },
    spec: {},
    status,
  };
}
const now = '2030-01-01T00:00:00Z';
const inactive = { annotations: { 'core.kcp.io/inactive': 'true' } };
const marked = { deletionTimestamp: now };

describe('phaseOf', () => {
  it.each([
    ['Initializing', cluster({ initializers: ['root:special'] })],
    ['Ready', cluster({ phase: 'Initializing' })],
    ['Inactive', cluster({ phase: 'Ready' }, inactive)],
    ['Initializing', cluster({ initializers: ['root:special'] }, inactive)],
    ['Terminating', cluster({ phase: 'Ready', terminators: ['root:special'] }, marked)],
    ['Deleting', cluster({ phase: 'Ready' }, marked)],
  ] as const)('is %s', (phase, object) => {
    expect(phaseOf(object)).toBe(phase);
  });
});

describe('settlePhase', () => {
  it('labels who still has to initialize, holds for terminators, and takes both back', () => {
    const object = cluster({ initializers: ['root:a'], terminators: ['root:b'] }, { labels: { mine: 'yes' } });
    settlePhase(object, now);
    expect(Object.keys(object.metadata.labels ?? {}).map((key) => key.split('/')[0])).toEqual([
      'mine',
      'tenancy.kcp.io',
      'initializer.internal.kcp.io',
      'terminator.internal.kcp.io',
    ]);
    expect(object.metadata.finalizers).toEqual([deletionFinalizer, terminatorsFinalizer]);
    Object.assign(object.status as object, { initializers: [], terminators: [] });
    settlePhase(object, now);
    expect(object.metadata.labels).toEqual({ mine: 'yes', 'tenancy.kcp.io/phase': 'Ready' });
    expect(object.metadata.finalizers).toEqual([deletionFinalizer]);
  });

  it('leaves nothing for itself to do', () => {
    const object = cluster({ initializers: ['root:a'], terminators: ['root:b'] });
    expect(isPhaseSettled(object)).toBe(false);
    settlePhase(object, now);
    expect(isPhaseSettled(object)).toBe(true);
  });
});
