import type { AuthorizationAttributes, Authorizer } from '@canopy/apiserver';
import { beforeEach, describe, expect, it } from 'vitest';
import { reviewHandlers } from './review-handlers.ts';
import { TestCluster } from './testing/test-registry.ts';

/** Lets bob do everything but delete, which is denied outright. */
const authorizer: Authorizer & { asked: AuthorizationAttributes[] } = {
  name: 'test',
  asked: [],
  async authorize(attributes) {
    this.asked.push(attributes);
    const decision = attributes.user.name !== 'bob' ? 'no-opinion' : attributes.verb === 'delete' ? 'deny' : 'allow';
    return { decision, reason: 'because', authorizer: 'test' };
  },
};

const special = {
  virtual: reviewHandlers({
    authorizer,
    rules: {
      rulesFor: async (_, access, namespace) => ({
        resourceRules: [{ verbs: ['get'], resources: [`${access.cluster}/${namespace}`] }],
        nonResourceRules: [],
        incomplete: false,
      }),
    },
    tokens: {
      reviewToken: async (token, audiences) =>
        token === 'good'
          ? { authenticated: true, user: { name: 'carol', groups: ['g'] }, audiences }
          : { authenticated: false, error: 'bad token' },
    },
  }),
};
let cluster: TestCluster;
beforeEach(async () => {
  cluster = await TestCluster.start();
});
const authorization = '/apis/authorization.k8s.io/v1';
const review = (resource: string, spec: object, at = authorization) =>
  cluster.send('POST', `${at}/${resource}`, { spec }, special);

describe('access reviews', () => {
  const resourceAttributes = { verb: 'get', group: 'apps', resource: 'deployments', namespace: 'team' };

  it('ask the authorizer about somebody, in the logical cluster of the request', async () => {
    const answer = await review('subjectaccessreviews', { user: 'bob', groups: ['g'], resourceAttributes });
    expect(answer).toMatchObject({
      kind: 'SubjectAccessReview',
      spec: { user: 'bob' },
      status: { allowed: true, reason: 'because' },
    });
    expect(authorizer.asked.at(-1)).toMatchObject({
      cluster: 'root',
      user: { name: 'bob', groups: ['g'] },
      version: '*',
      ...resourceAttributes,
    });
  });

  it('tell a denial from a missing permission', async () => {
    expect((await review('subjectaccessreviews', { user: 'eve', resourceAttributes })).status).toEqual({
      allowed: false,
      reason: 'because',
    });
    const denied = await review('subjectaccessreviews', {
      user: 'bob',
      resourceAttributes: { ...resourceAttributes, verb: 'delete' },
    });
    expect(denied.status).toEqual({ allowed: false, denied: true, reason: 'because' });
  });

  it('need one subject and one kind of question', async () => {
    const path = { path: '/healthz', verb: 'get' };
    await expect(review('subjectaccessreviews', { resourceAttributes })).rejects.toMatchObject({ code: 422 });
    await expect(review('subjectaccessreviews', { user: 'bob' })).rejects.toMatchObject({ code: 422 });
    await expect(
      review('subjectaccessreviews', { user: 'bob', resourceAttributes, nonResourceAttributes: path }),
    ).rejects.toMatchObject({ code: 422 });
    expect((await review('subjectaccessreviews', { user: 'bob', nonResourceAttributes: path })).status).toMatchObject({
      allowed: true,
    });
    expect(authorizer.asked.at(-1)).toMatchObject({ resourceRequest: false, path: '/healthz' });
  });

  it('stay within the namespace of the path when they are local', async () => {
    const local = (namespace: string) =>
      review(
        'localsubjectaccessreviews',
        { user: 'bob', resourceAttributes: { ...resourceAttributes, namespace } },
        `${authorization}/namespaces/team`,
      );
    expect((await local('team')).status).toMatchObject({ allowed: true });
    await expect(local('other')).rejects.toMatchObject({ code: 400 });
  });

  it('are about the caller when they say self', async () => {
    await review('selfsubjectaccessreviews', { resourceAttributes });
    expect(authorizer.asked.at(-1)?.user.name).toBe('alice');
    const rules = await review('selfsubjectrulesreviews', { namespace: 'team' });
    expect(rules.status).toEqual({
      resourceRules: [{ verbs: ['get'], resources: ['root/team'] }],
      nonResourceRules: [],
      incomplete: false,
    });
    await expect(review('selfsubjectrulesreviews', {})).rejects.toMatchObject({ code: 400 });
  });
});

describe('identity reviews', () => {
  const authentication = '/apis/authentication.k8s.io/v1';

  it('tell whose token it is', async () => {
    const good = await review('tokenreviews', { token: 'good', audiences: ['api'] }, authentication);
    expect(good.status).toEqual({
      authenticated: true,
      user: { username: 'carol', groups: ['g'] },
      audiences: ['api'],
    });
    const bad = await review('tokenreviews', { token: 'bad' }, authentication);
    expect(bad.status).toMatchObject({ error: 'bad token' });
    expect(bad.status).not.toHaveProperty('authenticated', true);
    await expect(review('tokenreviews', {}, authentication)).rejects.toMatchObject({ code: 422 });
  });

  it('tell the caller who they are', async () => {
    const self = await cluster.send('POST', `${authentication}/selfsubjectreviews`, {}, special);
    expect(self).toMatchObject({
      kind: 'SelfSubjectReview',
      status: { userInfo: { username: 'alice', groups: ['team'] } },
    });
  });
});
