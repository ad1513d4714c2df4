import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/poll.ts';
import type { Rest } from '../harness/rest.ts';
import { bindings, orders, rbac, Shop, workspaces } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await Shop.open();
});
afterAll(() => shop.close());

describe('an API that is exported and bound', () => {
  it('gives nothing in a workspace that has not bound it', async () => {
    const stranger = await shop.clusterOf('stranger');
    for (const cluster of [stranger, 'root', 'nowhere', 'system:admin']) {
      const at = shop.view(shop.url, cluster);
      expect((await at.get(orders)).status).toBe(403);
      expect((await at.post(orders, { metadata: { name: 'planted' }, spec: { item: 'x' } })).status).toBe(403);
      expect((await at.delete('/api/v1/namespaces/default/secrets/any')).status).toBe(403);
      expect((await at.post('/api/v1/namespaces/default/secrets', { metadata: { name: 'planted' } })).status).toBe(403);
    }
    expect((await shop.rest.at('root:stranger').get('/api/v1/namespaces/default/secrets/planted')).status).toBe(404);
  });

  it('is no way to resources that it neither exports nor claims', async () => {
    for (const path_ of ['/api/v1/namespaces', `${rbac}/clusterroles`, '/apis/tenancy.kcp.io/v1alpha1/workspaces']) {
      expect([403, 404]).toContain((await shop.view(shop.url, '*').get(path_)).status);
      expect([403, 404]).toContain((await shop.view(shop.url, shop.alpha).get(path_)).status);
    }
  });

  it('opens its virtual workspace to those with apiexports/content alone', async () => {
    const path_ = '/apis/shop.example.io/v1/orders';
    expect((await shop.view(shop.url, '*', 'provider-token').get(path_)).status).toBe(403);
    const at = shop.rest.at('root:provider');
    const rules = [
      { apiGroups: ['apis.kcp.io'], resources: ['apiexports/content'], verbs: ['list', 'watch', 'get'] },
      { nonResourceURLs: ['/'], verbs: ['access'] },
    ];
    await at.ok('POST', `${rbac}/clusterroles`, { metadata: { name: 'content' }, rules });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'content' };
    await at.ok('POST', `${rbac}/clusterrolebindings`, {
      metadata: { name: 'content' },
      subjects: [{ kind: 'User', name: 'provider', apiGroup: roleRef.apiGroup }],
      roleRef,
    });
    await eventually(async () => (await shop.view(shop.url, '*', 'provider-token').get(path_)).status === 200, {
      what: 'content',
    });
    expect(
      (
        await shop
          .view(shop.url, shop.alpha, 'provider-token')
          .post(orders, { metadata: { name: 'p' }, spec: { item: 'x' } })
      ).status,
    ).toBe(403);
    expect((await shop.rest.at('root:alpha', 'provider-token').get(orders)).status).toBe(403);
  });

  it('needs the right to bind, and an export that is missing answers alike', async () => {
    await shop.rest.ok('POST', workspaces, { metadata: { name: 'erins' } });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
    await shop.rest.at('root:erins').ok('POST', `${rbac}/clusterrolebindings`, {
      metadata: { name: 'erin' },
      subjects: [{ kind: 'User', name: 'erin', apiGroup: roleRef.apiGroup }],
      roleRef,
    });
    const erin = shop.rest.at('root:erins', 'erin-token');
    await eventually(async () => (await erin.get(bindings)).status === 200, { what: 'erin is admin' });
    const attempt = (name: string): ReturnType<Rest['post']> =>
      erin.post(bindings, {
        metadata: { name: 'b' },
        spec: { reference: { export: { path: 'root:provider', name } } },
      });
    const forbidden = await attempt('shop');
    const missing = await attempt('shoq');
    expect(forbidden.json()).toMatchObject({
      code: 403,
      message: expect.stringContaining('no permission to bind to export root:provider:shop'),
    });
    expect(missing.text.replaceAll('shoq', 'shop')).toBe(forbidden.text);
  });
});
