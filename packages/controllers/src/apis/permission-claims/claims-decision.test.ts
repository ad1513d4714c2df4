import type { EffectiveClaim } from '@canopy/kcp';
import { describe, expect, it } from 'vitest';
import { appliedForm, decideClaims } from './claims-decision.ts';

const claim = (resource: string, selector: EffectiveClaim['selector'] = { matchAll: true }): EffectiveClaim => ({
  group: '',
  resource,
  identityHash: '',
  verbs: ['*'],
  selector,
});
const complete = [
  { type: 'PermissionClaimsApplied', status: 'True' as const, lastTransitionTime: '2030-01-01T00:00:00Z' },
];

describe('decideClaims', () => {
  it('touches nothing when everything is applied', () => {
    const status = { appliedPermissionClaims: [appliedForm(claim('secrets'))], conditions: complete };
    expect(decideClaims([claim('secrets')], status).touched).toEqual([]);
  });

  it('touches new claims, changed selectors, and claims that have ended', () => {
    const status = {
      appliedPermissionClaims: [claim('secrets'), claim('events')].map(appliedForm),
      conditions: complete,
    };
    const gold = claim('secrets', { matchLabels: { tier: 'gold' } });
    const { applied, touched } = decideClaims([gold, claim('configmaps')], status);
    expect(applied.map(({ resource }) => resource)).toEqual(['secrets', 'configmaps']);
    expect(touched.map(({ resource }) => resource)).toEqual(['secrets', 'configmaps', 'events']);
  });

  it('touches everything until all of it is said to be applied', () => {
    const status = { appliedPermissionClaims: [appliedForm(claim('secrets'))] };
    expect(decideClaims([claim('secrets')], status).touched).toHaveLength(1);
  });
});
