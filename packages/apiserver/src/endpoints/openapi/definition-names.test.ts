import { describe, expect, it } from 'vitest';
import { definitionName, operationGroup, operationTag } from './definition-names.ts';

describe('definitionName', () => {
  it.each([
    ['', 'v1', 'ConfigMap', true, 'io.k8s.api.core.v1.ConfigMap'],
    ['apps', 'v1', 'Deployment', true, 'io.k8s.api.apps.v1.Deployment'],
    ['rbac.authorization.k8s.io', 'v1', 'Role', true, 'io.k8s.api.rbac.v1.Role'],
    [
      'apiextensions.k8s.io',
      'v1',
      'CustomResourceDefinition',
      true,
      'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition',
    ],
    ['apis.kcp.io', 'v1alpha2', 'APIExport', true, 'io.kcp.apis.v1alpha2.APIExport'],
    ['example.com', 'v1', 'Widget', false, 'com.example.v1.Widget'],
    ['gateway.networking.k8s.io', 'v1', 'Gateway', false, 'io.k8s.networking.gateway.v1.Gateway'],
    ['', 'v1', 'Pod', false, 'io.k8s.api.core.v1.Pod'],
  ] as const)('%s/%s %s (native: %s) is %s', (...[group, version, kind, native, expected]) => {
    expect(definitionName({ group, version, kind }, native)).toBe(expected);
  });
});

describe('names of operations', () => {
  it.each([
    ['', 'v1', 'CoreV1', 'core_v1'],
    ['rbac.authorization.k8s.io', 'v1', 'RbacAuthorizationV1', 'rbacAuthorization_v1'],
    ['cert-manager.io', 'v1beta1', 'CertManagerIoV1beta1', 'certManagerIo_v1beta1'],
  ])('%s/%s', (group, version, id, tag) => {
    expect(operationGroup(group, version)).toBe(id);
    expect(operationTag(group, version)).toBe(tag);
  });
});
