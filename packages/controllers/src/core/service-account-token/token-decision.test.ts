import type { KubeObject } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { accountUidAnnotation, decideToken } from './token-reconcile.ts';

const account = (uid: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: 'robot', uid },
});
function secret(uid?: string, data?: Record<string, string>): KubeObject {
  const annotations: Record<string, string> = uid === undefined ? {} : { [accountUidAnnotation]: uid };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'token', annotations },
    ...(data === undefined ? {} : { data }),
  };
}
const full = { token: 'x', 'ca.crt': 'x', namespace: 'x' };

describe('decideToken', () => {
  it.each([
    ['fill', secret(), account('one')],
    ['fill', secret('one', { ...full, token: '' }), account('one')],
    ['fill', secret(undefined, full), account('one')],
    ['keep', secret('one', full), account('one')],
    ['delete', secret('one', full), account('two')],
    ['delete', secret('one', full), undefined],
  ] as const)('decides to %s', (decision, of, owner) => {
    expect(decideToken(of, owner)).toBe(decision);
  });
});
