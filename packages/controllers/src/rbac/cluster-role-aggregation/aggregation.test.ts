import type { RoleObject } from '@canopy/controlplane';
import { describe, expect, it } from 'vitest';
import { aggregatedRules } from './aggregation-controller.ts';

function role(name: string, labels: Record<string, string>, resource: string): RoleObject {
  return {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name, labels },
    rules: [{ apiGroups: [''], resources: [resource], verbs: ['get'] }],
  };
}
const all: RoleObject = {
  ...role('all', { part: 'yes' }, 'own'),
  aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: 'yes' } }] },
};

describe('aggregatedRules', () => {
  it('takes the rules of selected roles in the order of their names, each once, and not its own', () => {
    const rules = aggregatedRules(all, [
      role('c', { part: 'yes' }, 'pods'),
      all,
      role('b', { part: 'yes' }, 'secrets'),
      role('a', { part: 'yes' }, 'pods'),
      role('x', {}, 'nodes'),
    ]);
    expect(rules?.map(({ resources }) => resources?.[0])).toEqual(['pods', 'secrets']);
  });

  it('leaves other roles alone', () => {
    expect(aggregatedRules(role('a', {}, 'pods'), [all])).toBeUndefined();
  });
});
