import type { KubeObject } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { tableCells } from '../cells-by-kind.ts';
import { ageOf } from './age.ts';

const created = '2026-01-01T00:00:00Z';
const now = Date.parse(created) + 5 * 60_000;

function cells(key: string, fields: Record<string, unknown>): unknown {
  const object: KubeObject = {
    apiVersion: 'v1',
    kind: key.slice(key.indexOf('/') + 1),
    metadata: { name: 'example', creationTimestamp: created },
    ...fields,
  };
  return tableCells.get(key)?.(object, now);
}

describe('tableCells', () => {
  it('shows the phase of a namespace', () => {
    expect(cells('/Namespace', { status: { phase: 'Terminating' } })).toEqual(['Terminating', '5m']);
  });

  it('counts text and binary keys of a config map', () => {
    expect(cells('/ConfigMap', { data: { a: '', b: '' }, binaryData: { c: '' } })).toEqual([3, '5m']);
    expect(cells('/ConfigMap', {})).toEqual([0, '5m']);
  });

  it('shows type and number of keys of a secret', () => {
    expect(cells('/Secret', { type: 'Opaque', data: { key: 'eA==' } })).toEqual(['Opaque', 1, '5m']);
  });

  it('counts the secrets of a service account', () => {
    expect(cells('/ServiceAccount', { secrets: [{ name: 'a' }] })).toEqual([1, '5m']);
  });

  it('tells limits of a quota from requests, in the order of their names', () => {
    const status = {
      hard: { 'requests.cpu': '2', 'limits.cpu': '4', 'count/secrets': '10' },
      used: { 'requests.cpu': '500m', 'count/secrets': '3' },
    };
    expect(cells('/ResourceQuota', { status })).toEqual([
      'count/secrets: 3/10, requests.cpu: 500m/2',
      'limits.cpu: 0/4',
      '5m',
    ]);
  });

  it('shows the holder of a lease, or nothing', () => {
    expect(cells('coordination.k8s.io/Lease', { spec: { holderIdentity: 'me' } })).toEqual(['me', '5m']);
    expect(cells('coordination.k8s.io/Lease', {})).toEqual(['', '5m']);
  });

  it('shows role and subjects of a binding', () => {
    const binding = {
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
      subjects: [
        { kind: 'User', name: 'ann' },
        { kind: 'ServiceAccount', namespace: 'default', name: 'bot' },
        { kind: 'User', name: 'bob' },
        { kind: 'Group', name: 'dev' },
      ],
    };
    const row = ['ClusterRole/admin', '5m', 'ann, bob', 'dev', 'default/bot'];
    expect(cells('rbac.authorization.k8s.io/ClusterRoleBinding', binding)).toEqual(row);
    expect(cells('rbac.authorization.k8s.io/RoleBinding', { roleRef: binding.roleRef })).toEqual([
      'ClusterRole/admin',
      '5m',
      '',
      '',
      '',
    ]);
  });

  it('shows the creation time itself where Kubernetes has no columns', () => {
    expect(cells('rbac.authorization.k8s.io/Role', {})).toEqual([created]);
    expect(cells('apiextensions.k8s.io/CustomResourceDefinition', {})).toEqual([created]);
  });

  it.each([
    [{}, 'Pending'],
    [{ conditions: [{ type: 'Approved' }] }, 'Approved'],
    [{ conditions: [{ type: 'Approved' }], certificate: 'eA==' }, 'Approved,Issued'],
    [{ conditions: [{ type: 'Approved' }, { type: 'Failed' }] }, 'Approved,Failed'],
    [{ conditions: [{ type: 'Approved' }, { type: 'Denied' }] }, 'Denied'],
  ])('shows a signing request with status %j as %s', (status, condition) => {
    const spec = { signerName: 'example.com/signer', username: 'ann', expirationSeconds: 3600 };
    const row = ['5m', 'example.com/signer', 'ann', '60m', condition];
    expect(cells('certificates.k8s.io/CertificateSigningRequest', { spec, status })).toEqual(row);
  });

  it('shows nobody asked for a duration if none is given', () => {
    expect(cells('certificates.k8s.io/CertificateSigningRequest', { spec: {} })).toEqual([
      '5m',
      '<none>',
      '',
      '<none>',
      'Pending',
    ]);
  });
});

describe('tableCells of events', () => {
  const common = { type: 'Warning', reason: 'Failed' };

  it('shows the times and the count of an event that was counted', () => {
    const event = {
      ...common,
      involvedObject: { kind: 'Secret', name: 'key', fieldPath: 'data' },
      source: { component: 'controller', host: 'host' },
      message: 'it failed\n',
      firstTimestamp: created,
      lastTimestamp: '2026-01-01T00:04:00Z',
      count: 7,
    };
    const row = ['60s', 'Warning', 'Failed', 'secret/key', 'data', 'controller, host', 'it failed', '5m', 7, 'example'];
    expect(cells('/Event', event)).toEqual(row);
  });

  it('shows the same row for the same event of the newer group', () => {
    const event = {
      ...common,
      regarding: { kind: 'Secret', name: 'key' },
      deprecatedSource: { component: 'controller' },
      note: 'it failed',
      deprecatedFirstTimestamp: created,
      deprecatedLastTimestamp: '2026-01-01T00:04:00Z',
      deprecatedCount: 7,
    };
    const row = ['60s', 'Warning', 'Failed', 'secret/key', '', 'controller', 'it failed', '5m', 7, 'example'];
    expect(cells('events.k8s.io/Event', event)).toEqual(row);
  });

  it('takes time and count from the series if there is one', () => {
    const event = { eventTime: created, series: { count: 4, lastObservedTime: '2026-01-01T00:03:00.000000Z' } };
    expect(cells('events.k8s.io/Event', event)).toEqual(['2m', '', '', '', '', '', '', '5m', 4, 'example']);
  });

  it('counts an event without a count once, at its event time', () => {
    const event = { eventTime: created, involvedObject: { kind: 'Namespace' } };
    expect(cells('/Event', event)).toEqual(['5m', '', '', 'namespace', '', '', '', '5m', 1, 'example']);
  });
});

describe('ageOf', () => {
  it('is unknown without a time', () => {
    expect(ageOf(undefined, now)).toBe('<unknown>');
    expect(ageOf(null, now)).toBe('<unknown>');
    expect(ageOf('never', now)).toBe('<unknown>');
  });
});
