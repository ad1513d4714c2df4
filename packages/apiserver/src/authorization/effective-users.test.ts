import { describe, expect, it } from 'vitest';
import type { UserInfo } from '../authentication/authenticator.ts';
import { effectiveScopes, effectiveUsers } from './effective-users.ts';

const scopes = 'authentication.kcp.io/scopes';
const warrant = 'authorization.kcp.io/warrant';
const origin = 'authentication.kcp.io/cluster-name';

const alice: UserInfo = { name: 'alice', groups: ['dev', 'system:authenticated'] };

function serviceAccount(cluster: string): UserInfo {
  return {
    name: 'system:serviceaccount:ns:robot',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated'],
    extra: { [origin]: [cluster], [scopes]: [`cluster:${cluster}`] },
  };
}

const names = (users: readonly UserInfo[]) => users.map((user) => user.name);

describe('scopes', () => {
  it('are the clusters that every value names', () => {
    const user = { ...alice, extra: { [scopes]: ['cluster:a,cluster:b', 'cluster:b,cluster:c'] } };
    expect([...(effectiveScopes(user) ?? [])]).toEqual(['b']);
  });

  it('leave an unscoped user as it is, everywhere', () => {
    expect(effectiveUsers(alice, 'any')).toEqual([alice]);
  });

  it('turn a user into a stranger outside of them', () => {
    const scoped = { ...alice, extra: { [scopes]: ['cluster:a'] } };
    expect(names(effectiveUsers(scoped, 'a'))).toEqual(['alice']);
    const [stranger] = effectiveUsers(scoped, 'b');
    expect(stranger).toEqual({ name: 'system:anonymous', groups: ['system:authenticated', 'system:cluster:a'] });
    expect(stranger?.groups).not.toContain('dev');
  });

  it('that are malformed match no cluster', () => {
    expect(names(effectiveUsers({ ...alice, extra: { [scopes]: ['everything'] } }, 'a'))).toEqual(['system:anonymous']);
  });
});

describe('a service account', () => {
  it('keeps its name at home and has its global name beside it', () => {
    expect(names(effectiveUsers(serviceAccount('home'), 'home'))).toEqual([
      'system:serviceaccount:ns:robot',
      'system:kcp:serviceaccount:home:ns:robot',
    ]);
  });

  it('is nobody but its global name in another cluster', () => {
    const users = effectiveUsers(serviceAccount('child'), 'parent');
    expect(names(users)).toEqual(['system:anonymous', 'system:kcp:serviceaccount:child:ns:robot']);
    for (const user of users) expect(user.groups).not.toContain('system:serviceaccounts');
  });
});

describe('a warrant', () => {
  it('adds an identity that is judged by its own scopes', () => {
    const user = {
      ...alice,
      extra: { [warrant]: [JSON.stringify({ user: 'bob', groups: ['ops'], extra: { [scopes]: ['cluster:a'] } })] },
    };
    expect(names(effectiveUsers(user, 'a'))).toEqual(['alice', 'bob']);
    expect(names(effectiveUsers(user, 'b'))).toEqual(['alice', 'system:anonymous']);
  });

  it('that is malformed, or for a service account of unknown origin, is ignored', () => {
    const texts = ['{', '"x"', '{}', JSON.stringify({ user: 'system:serviceaccount:a:b' })];
    expect(names(effectiveUsers({ ...alice, extra: { [warrant]: texts } }, 'a'))).toEqual(['alice']);
  });

  it('may nest, but not without end', () => {
    let inner = JSON.stringify({ user: 'w9' });
    for (let i = 8; i >= 0; i--) inner = JSON.stringify({ user: `w${i}`, extra: { [warrant]: [inner] } });
    expect(names(effectiveUsers({ ...alice, extra: { [warrant]: [inner] } }, 'a')).length).toBeLessThan(7);
  });
});
