import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareGroups, compareVersions } from './version-order.ts';

describe('compareVersions', () => {
  it('puts stable versions before beta before alpha, the newest first, and all others last', () => {
    const ordered = [
      'v10',
      'v2',
      'v1',
      'v11beta2',
      'v10beta3',
      'v3beta1',
      'v12alpha1',
      'v11alpha2',
      'foo1',
      'foo10',
      'v0',
      'v1beta0',
    ];
    expect([...ordered].reverse().sort(compareVersions)).toEqual(ordered);
  });

  it('is a total order', () => {
    const version = fc.oneof(
      fc
        .tuple(fc.nat(12), fc.constantFrom('', 'alpha', 'beta'), fc.nat(12))
        .map(([major, level, minor]) => `v${major}${level}${level === '' ? '' : minor}`),
      fc.string({ maxLength: 3 }),
    );
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a))).toBe(0);
        expect(compareVersions(a, b) === 0).toBe(a === b);
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0)
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe('compareGroups', () => {
  it('lists the groups of Kubernetes first and the others by name', () => {
    const ordered = [
      '',
      'apps',
      'rbac.authorization.k8s.io',
      'admissionregistration.k8s.io',
      'apiextensions.k8s.io',
      'apis.kcp.io',
      'example.com',
      'tenancy.kcp.io',
    ];
    expect([...ordered].reverse().sort(compareGroups)).toEqual(ordered);
  });

  it('does not take a group name for an object member', () => {
    expect(['constructor', 'apps'].sort(compareGroups)).toEqual(['apps', 'constructor']);
  });
});
