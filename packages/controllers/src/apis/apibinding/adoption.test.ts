import type { KubeObject } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { isAdopted } from './apibinding-deletion.ts';

const bound = (UID: string, identityHash: string) => ({
  group: 'example.com',
  resource: 'widgets',
  schema: { name: 'v1.widgets.example.com', UID, identityHash },
  storageVersions: ['v1'],
});
const binding = (UID: string, identityHash: string): KubeObject => ({
  apiVersion: 'apis.kcp.io/v1alpha2',
  kind: 'APIBinding',
  metadata: { name: 'other' },
  status: { boundResources: [bound(UID, identityHash)] },
});

describe('isAdopted', () => {
  it.each([
    [true, 'schema', 'identity'],
    [false, 'another schema', 'identity'],
    [false, 'schema', 'another identity'],
  ])('is %s when another binding has bound %j under %j', (adopted, uid, identity) => {
    expect(isAdopted(bound('schema', 'identity'), [binding(uid, identity)])).toBe(adopted);
  });
});
