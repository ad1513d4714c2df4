import { describe, expect, it } from 'vitest';
import type { UserInfo } from '../authentication/authenticator.ts';
import { logicalClusterName } from '../registry/logical-cluster.ts';
import type { AuthorizationAttributes, Authorizer } from './authorizer.ts';
import { checkImpersonation } from './impersonation.ts';

const cluster = logicalClusterName('team');
const admin: UserInfo = { name: 'team-admin', groups: ['system:authenticated'] };

function authorizer(allows: (attributes: AuthorizationAttributes) => boolean): Authorizer {
  return {
    name: 'test',
    async authorize(attributes) {
      return { decision: allows(attributes) ? 'allow' : 'no-opinion', reason: '', authorizer: 'test' };
    },
  };
}

const everything = authorizer(() => true);

describe('impersonation', () => {
  it('confines the other user to the workspace it was allowed in', async () => {
    const verdict = await checkImpersonation({
      requestor: admin,
      wanted: { name: 'bob', groups: ['dev'] },
      cluster,
      authorizer: everything,
    });
    expect(verdict).toMatchObject({
      allowed: true,
      user: { name: 'bob', extra: { 'authentication.kcp.io/scopes': ['cluster:team'] } },
    });
  });

  it('keeps a scope that was asked for, so that both must agree', async () => {
    const wanted = { name: 'bob', groups: [], extra: { 'authentication.kcp.io/scopes': ['cluster:other'] } };
    const verdict = await checkImpersonation({ requestor: admin, wanted, cluster, authorizer: everything });
    expect(verdict).toMatchObject({
      user: { extra: { 'authentication.kcp.io/scopes': ['cluster:other', 'cluster:team'] } },
    });
  });

  it.each([
    'system:masters',
    'system:kcp:admin',
    'system:kcp:logical-cluster-admin',
    'system:kcp:external-logical-cluster-admin',
    'system:kcp:tenancy:workspace-bootstrapper',
    'system:kcp:initializer:root:gpu',
    'system:kcp:terminator:root:gpu',
  ])('never gives the group %s to somebody who is not in it, whatever RBAC says', async (group) => {
    const verdict = await checkImpersonation({
      requestor: admin,
      wanted: { name: 'bob', groups: [group] },
      cluster,
      authorizer: everything,
    });
    expect(verdict).toMatchObject({ allowed: false, name: group });
  });

  it.each([
    ['authorization.kcp.io/warrant', '{"user":"alice"}'],
    ['authentication.kcp.io/cluster-name', 'other'],
    ['experimental.authorization.kcp.io/original-username', 'alice'],
  ])('never takes the extra %s, which would reach other workspaces', async (extra, value) => {
    const wanted = { name: 'system:serviceaccount:default:ctl', groups: [], extra: { [extra]: [value] } };
    const verdict = await checkImpersonation({ requestor: admin, wanted, cluster, authorizer: everything });
    expect(verdict).toMatchObject({ allowed: false, resource: 'userextras', name: extra });
  });

  it('asks RBAC for every part of the identity', async () => {
    const asked: string[] = [];
    const recording = authorizer(({ resource, subresource, name, namespace }) => {
      asked.push([resource, subresource, namespace, name].join('|'));
      return true;
    });
    const wanted = { name: 'system:serviceaccount:ns:robot', groups: ['dev'], uid: 'u1', extra: { team: ['red'] } };
    await checkImpersonation({ requestor: admin, wanted, cluster, authorizer: recording });
    expect(asked).toEqual(['serviceaccounts||ns|robot', 'groups|||dev', 'uids|||u1', 'userextras|team||red']);
  });

  it('is refused when one part is, and says which', async () => {
    const noGroups = authorizer(({ resource }) => resource !== 'groups');
    const verdict = await checkImpersonation({
      requestor: admin,
      wanted: { name: 'bob', groups: ['dev'] },
      cluster,
      authorizer: noGroups,
    });
    expect(verdict).toMatchObject({ allowed: false, resource: 'groups', name: 'dev' });
  });

  it('is not possible outside of a logical cluster', async () => {
    const verdict = await checkImpersonation({
      requestor: admin,
      wanted: { name: 'bob', groups: [] },
      cluster: undefined,
      authorizer: everything,
    });
    expect(verdict).toMatchObject({ allowed: false, reason: 'impersonation is invalid for the requestor' });
  });

  it('is free for system:masters', async () => {
    const master = { name: 'root', groups: ['system:masters'] };
    const verdict = await checkImpersonation({
      requestor: master,
      wanted: { name: 'bob', groups: ['system:kcp:admin'] },
      cluster: undefined,
      authorizer: authorizer(() => false),
    });
    expect(verdict).toMatchObject({ allowed: true, user: { name: 'bob' } });
    expect(verdict).not.toHaveProperty('user.extra');
  });
});
