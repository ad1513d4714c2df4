import { describe, expect, it } from 'vitest';
import {
  claimLabelKey,
  claimLabelValue,
  defaultBindingName,
  exportHash,
  homeClusterName,
  identityHashOf,
  isIndexedLabel,
  lifecycleLabel,
  newClusterName,
  newIdentityKey,
  reflexiveClaimValue,
} from './names.ts';

describe('labels that bindings and claimed objects are looked for by', () => {
  it('are the export of a binding and claims, but not the claim of a binding on itself', () => {
    const claim = claimLabelKey('root', 'shop');
    expect(isIndexedLabel('internal.apis.kcp.io/export', exportHash('root', 'shop'))).toBe(true);
    expect(isIndexedLabel(claim, claimLabelValue({ resource: 'configmaps' }))).toBe(true);
    expect(isIndexedLabel(claim, reflexiveClaimValue)).toBe(false);
    expect(isIndexedLabel('app', 'web')).toBe(false);
  });
});

describe('names that clients compute too', () => {
  it('home clusters follow from the user name alone', () => {
    expect(homeClusterName('alice')).toBe('v1u4alow0iv9');
    expect(homeClusterName('bob')).toBe('2okdry95y5lkv');
  });

  it('cluster names are 16 characters of base 36, differ, and are in the order of their creation', () => {
    const now = Date.parse('2030-01-01T00:00:00Z');
    const names = Array.from({ length: 200 }, (_, i) => newClusterName(now + 1000 * i));
    for (const name of names) expect(name).toMatch(/^[0-9a-z]{16}$/);
    expect(names.toSorted()).toEqual(names);
    expect(new Set(Array.from({ length: 200 }, () => newClusterName(now))).size).toBe(200);
    for (const time of [0, 36 ** 8 - 1, 36 ** 8, Number.MAX_SAFE_INTEGER])
      expect(newClusterName(time)).toMatch(/^[0-9a-z]{16}$/);
  });

  it('identity keys are 43 characters, their hash is hex SHA-256', () => {
    expect(newIdentityKey()).toMatch(/^[\w-]{43}$/);
    expect(identityHashOf('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('label values of claims depend on group, resource and identity, not on verbs', () => {
    const value = claimLabelValue({ group: 'g', resource: 'r', identityHash: 'i' });
    expect(claimLabelValue({ group: 'g', resource: 'r', identityHash: 'i' })).toBe(value);
    expect(claimLabelValue({ group: 'g', resource: 'r' })).not.toBe(value);
    expect(claimLabelValue({ resource: 'secrets' })).toBe(
      claimLabelValue({ group: '', resource: 'secrets', identityHash: '' }),
    );
  });

  it('are valid label keys and values', () => {
    const label = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
    expect(claimLabelKey('c', 'e').split('/')[1]).toMatch(label);
    expect(exportHash('c', 'e')).toMatch(label);
    expect(reflexiveClaimValue).toMatch(label);
    const { key, value } = lifecycleLabel('initializer.internal.kcp.io/', 'root:org:gpu');
    expect(key.length).toBe(63);
    expect(value).toMatch(/^[0-9a-f]{56}$/);
  });

  it('default bindings get a short suffix that differs between clusters', () => {
    expect(defaultBindingName('c1', 'root', 'tenancy.kcp.io')).toMatch(/^tenancy\.kcp\.io-[0-9a-z]{5}$/);
    expect(defaultBindingName('c1', 'root', 'x')).not.toBe(defaultBindingName('c2', 'root', 'x'));
    expect(defaultBindingName('c1', 'root', 'y'.repeat(300)).length).toBe(253);
  });
});
