import type { KubeObject } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { clusterRoleBindingStrategy, roleBindingStrategy } from './binding-strategies.ts';
import { clusterRoleStrategy, roleStrategy } from './role-strategies.ts';

const none = undefined as never;
const object = (fields: object, namespace?: string): KubeObject => ({
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'X',
  metadata: { name: 'x', ...(namespace === undefined ? {} : { namespace }) },
  ...fields,
});

describe('role strategies', () => {
  it('refuse rules without verbs, groups or resources', () => {
    const rules = [
      { verbs: [], apiGroups: [''] },
      { verbs: ['get'], apiGroups: [''], resources: ['secrets'] },
    ];
    expect(roleStrategy.validateCreate?.(object({ rules }, 'a'), none).map((e) => e.field)).toEqual([
      'rules[0].verbs',
      'rules[0].resources',
    ]);
  });

  it('allow paths in cluster roles only, and never beside resources', () => {
    const rules = [{ verbs: ['get'], nonResourceURLs: ['/healthz'] }];
    expect(clusterRoleStrategy.validateCreate?.(object({ rules }), none)).toEqual([]);
    expect(roleStrategy.validateCreate?.(object({ rules }, 'a'), none)[0]?.message).toContain(
      'namespaced rules cannot apply',
    );
    const mixed = [{ verbs: ['get'], nonResourceURLs: ['/x'], resources: ['secrets'] }];
    expect(clusterRoleStrategy.validateCreate?.(object({ rules: mixed }), none)[0]?.message).toContain(
      'both regular resources',
    );
  });

  it('need a selector to aggregate', () => {
    const errors = clusterRoleStrategy.validateCreate?.(object({ aggregationRule: {} }), none);
    expect(errors?.map((e) => e.field)).toEqual(['aggregationRule.clusterRoleSelectors']);
  });
});

describe('binding strategies', () => {
  const binding = (fields: object, namespace?: string) => {
    const result = object(fields, namespace);
    (namespace === undefined ? clusterRoleBindingStrategy : roleBindingStrategy).prepareForCreate?.(result, none);
    return result;
  };

  it('fill in the groups of the role and of users', () => {
    const result = binding({
      roleRef: { kind: 'ClusterRole', name: 'r' },
      subjects: [
        { kind: 'User', name: 'u' },
        { kind: 'ServiceAccount', name: 's', namespace: 'n' },
      ],
    });
    expect(result).toMatchObject({
      roleRef: { apiGroup: 'rbac.authorization.k8s.io' },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io' }, {}],
    });
    expect(clusterRoleBindingStrategy.validateCreate?.(result, none)).toEqual([]);
  });

  it('bind cluster roles only where the binding is cluster-wide', () => {
    const role = { roleRef: { kind: 'Role', name: 'r' } };
    expect(clusterRoleBindingStrategy.validateCreate?.(binding(role), none).map((e) => e.field)).toEqual([
      'roleRef.kind',
    ]);
    expect(roleBindingStrategy.validateCreate?.(binding(role, 'a'), none)).toEqual([]);
  });

  it('never change their role', () => {
    const old = binding({ roleRef: { kind: 'ClusterRole', name: 'a' } }, 'n');
    const changed = binding({ roleRef: { kind: 'ClusterRole', name: 'b' } }, 'n');
    expect(roleBindingStrategy.validateUpdate?.(changed, old, none).map((e) => e.message)[0]).toContain(
      'cannot change roleRef',
    );
  });

  it('name service accounts with their namespace', () => {
    const result = binding({
      roleRef: { kind: 'ClusterRole', name: 'a' },
      subjects: [
        { kind: 'ServiceAccount', name: 's' },
        { kind: 'Robot', name: 'r' },
      ],
    });
    expect(clusterRoleBindingStrategy.validateCreate?.(result, none).map((e) => e.field)).toEqual([
      'subjects[0].namespace',
      'subjects[1].kind',
    ]);
  });
});
