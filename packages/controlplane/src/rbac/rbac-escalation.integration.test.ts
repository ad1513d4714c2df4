import type { KubeObject } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { TestCluster } from '../testing/test-registry.ts';
import { rbacEscalation } from './rbac-escalation.ts';
import type { RbacRule } from './rbac-objects.ts';

const group = 'rbac.authorization.k8s.io';
const readSecrets: RbacRule = { verbs: ['get'], apiGroups: [''], resources: ['secrets'] };
const readMaps: RbacRule = { verbs: ['get'], apiGroups: [''], resources: ['configmaps'] };
const same = (a: RbacRule, b: RbacRule): boolean =>
  JSON.stringify([a.verbs, a.resources]) === JSON.stringify([b.verbs, b.resources]);

/** Alice holds `held`, and may do `verb resource name` if it is `granted`. */
const start = (held: readonly RbacRule[], granted = '') =>
  TestCluster.start(() => [
    rbacEscalation({
      authorizer: {
        name: 'test',
        authorize: async ({ verb, resource, name }) => ({
          decision: `${verb} ${resource} ${name}` === granted ? 'allow' : 'no-opinion',
          reason: '',
          authorizer: 'test',
        }),
      },
      rulesOf: async () => held,
      rulesOfRole: async (_, __, role) => (role.name === 'reader' ? [readSecrets] : undefined),
      uncovered: (have, wanted) => wanted.filter((rule) => !have.some((own) => same(own, rule))),
    }),
  ]);

const role = (rules: RbacRule[], extra: object = {}): KubeObject => ({
  apiVersion: `${group}/v1`,
  kind: 'ClusterRole',
  metadata: { name: 'r' },
  rules,
  ...extra,
});
const binding = (name: string): KubeObject => ({
  apiVersion: `${group}/v1`,
  kind: 'ClusterRoleBinding',
  metadata: { name: 'b' },
  roleRef: { apiGroup: group, kind: 'ClusterRole', name },
  subjects: [{ kind: 'User', name: 'bob' }],
});
const roles = `${group}/clusterroles`;
const bindings = `${group}/clusterrolebindings`;

describe('rbacEscalation', () => {
  it('lets users write roles of what they hold, and names what they do not', async () => {
    const cluster = await start([readSecrets]);
    await expect(cluster.create(roles, role([readSecrets, readMaps]))).rejects.toMatchObject({
      code: 403,
      message: expect.stringContaining(
        'user "alice" (groups=["team"]) is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["configmaps"], Verbs:["get"]}',
      ),
    });
    await expect(cluster.create(roles, role([readSecrets]))).resolves.toBeDefined();
    await expect(cluster.update(roles, role([]), (live) => (live.rules = [readMaps]))).rejects.toMatchObject({
      code: 403,
    });
  });

  it('lets them change other things of roles that are beyond them', async () => {
    const cluster = await start([], 'escalate clusterroles r');
    await cluster.create(roles, role([readSecrets]));
    const weak = await start([]);
    await expect(weak.create(roles, role([readSecrets]))).rejects.toMatchObject({ code: 403 });
    await weak.create(roles, role([]));
    await expect(weak.update(roles, role([]), (live) => (live.metadata.labels = { a: 'b' }))).resolves.toBeDefined();
  });

  it('takes everything to write an aggregation rule', async () => {
    const cluster = await start([readSecrets]);
    const aggregationRule = { clusterRoleSelectors: [{ matchLabels: { a: 'b' } }] };
    await expect(cluster.create(roles, role([], { aggregationRule }))).rejects.toMatchObject({ code: 403 });
  });

  it('lets users bind roles whose rules they hold, or that they may bind', async () => {
    await expect((await start([])).create(bindings, binding('reader'))).rejects.toMatchObject({ code: 403 });
    await expect((await start([readSecrets])).create(bindings, binding('reader'))).resolves.toBeDefined();
    await expect(
      (await start([], 'bind clusterroles reader')).create(bindings, binding('reader')),
    ).resolves.toBeDefined();
    await expect((await start([readSecrets])).create(bindings, binding('ghost'))).rejects.toMatchObject({ code: 403 });
  });
});
