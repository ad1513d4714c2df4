import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/poll.ts';
import { openWatch } from '../harness/watch-stream.ts';
import { bindings, exports_, orders, Shop } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await Shop.open();
});
afterAll(() => shop.close());

describe('an API that is exported and bound', () => {
  it('has an identity, and its slice tells a URL of its virtual workspace', async () => {
    const found = await shop.rest.at('root:provider').ok('GET', `${exports_}/shop`);
    expect(found.status.identityHash).toMatch(/^[0-9a-f]{64}$/);
    expect(shop.url).toBe(`${shop.server.url}/services/apiexport/${await shop.clusterOf('provider')}/shop`);
    const binding = await shop.rest.at('root:alpha').ok('GET', `${bindings}/shop`);
    expect(binding.status.boundResources).toMatchObject([
      {
        group: 'shop.example.io',
        resource: 'orders',
        schema: { name: 'v1.orders.shop.example.io', identityHash: found.status.identityHash },
      },
    ]);
  });

  it('is discovered and described where it is bound, and nowhere else', async () => {
    const found = await shop.rest.at('root:alpha').ok('GET', '/apis/shop.example.io/v1');
    expect((found as unknown as { resources: { name: string }[] }).resources.map(({ name }) => name).sort()).toEqual([
      'orders',
      'orders/status',
    ]);
    expect((await shop.rest.at('root:alpha').get('/openapi/v3/apis/shop.example.io/v1')).text).toContain('"Order"');
    expect((await shop.rest.at('root:stranger').get('/apis/shop.example.io/v1')).status).toBe(404);
    expect((await shop.rest.at('root:provider').get(orders)).status).toBe(404);
  });

  it('defaults, prunes and validates as its schema says', async () => {
    const made = await shop.rest
      .at('root:alpha')
      .ok('POST', orders, { metadata: { name: 'first' }, spec: { item: 'tea', extra: 1 } });
    expect(made.spec).toEqual({ item: 'tea', count: 1 });
    for (const spec of [{}, { item: 7 }, { item: 'x'.repeat(21) }, { item: 'tea', count: 0 }]) {
      const answer = await shop.rest.at('root:alpha').post(orders, { metadata: { name: 'bad' }, spec });
      expect(answer.json()).toMatchObject({ code: 422, reason: 'Invalid' });
    }
  });

  it('gives the provider all orders of all consumers, and their changes', async () => {
    const all = shop.view(shop.url, '*');
    const watch = await openWatch(all, '/apis/shop.example.io/v1/orders?watch=true');
    await shop.rest.at('root:beta').ok('POST', orders, { metadata: { name: 'second' }, spec: { item: 'milk' } });
    await shop.rest.at('root:alpha').ok('POST', orders, { metadata: { name: 'third' }, spec: { item: 'salt' } });
    const second = await watch.named('ADDED', 'second');
    const third = await watch.named('ADDED', 'third');
    expect(second.object.metadata.annotations?.['kcp.io/cluster']).toBe(shop.beta);
    expect(third.object.metadata.annotations?.['kcp.io/cluster']).toBe(shop.alpha);
    watch.close();
    const list = await all.ok('GET', '/apis/shop.example.io/v1/orders');
    expect(list.items.map((item) => item.metadata.name).sort()).toEqual(['first', 'second', 'third']);
  });

  it('lets the provider write the status, which the consumer sees and the spec survives', async () => {
    const at = shop.view(shop.url, shop.beta);
    const order = await at.ok('GET', `${orders}/second`);
    await at.ok('PUT', `${orders}/second/status`, { ...order, spec: { item: 'changed' }, status: { phase: 'Done' } });
    const seen = await shop.rest.at('root:beta').ok('GET', `${orders}/second`);
    expect([seen.spec, seen.status]).toEqual([{ item: 'milk', count: 1 }, { phase: 'Done' }]);
  });

  it('never mixes with one of the same name from another provider', async () => {
    const rivalUrl = await shop.publish('rival', 'shop');
    await shop.bind('stranger', 'rival', 'shop');
    await shop.rest.at('root:stranger').ok('POST', orders, { metadata: { name: 'theirs' }, spec: { item: 'rum' } });
    const names = async (from: string): Promise<string[]> =>
      (await shop.view(from, '*').ok('GET', '/apis/shop.example.io/v1/orders')).items.map((item) => item.metadata.name);
    expect(await names(rivalUrl)).toEqual(['theirs']);
    expect(await names(shop.url)).not.toContain('theirs');
    expect((await shop.view(shop.url, await shop.clusterOf('stranger')).get(`${orders}/theirs`)).status).toBe(403);
    expect((await shop.view(rivalUrl, shop.alpha).get(orders)).status).toBe(403);
  });

  it('cannot be bound a second time, nor beside a CRD of its name', async () => {
    const at = shop.rest.at('root:alpha');
    const second = await at.post(bindings, {
      metadata: { name: 'rival' },
      spec: { reference: { export: { path: 'root:rival', name: 'shop' } } },
    });
    if (second.status === 201) {
      const found = await eventually(
        async () => {
          const binding = await at.ok('GET', `${bindings}/rival`);
          return JSON.stringify(binding.status.conditions ?? '').includes('NamingConflicts') && binding;
        },
        { what: 'the conflict' },
      );
      expect(found.status.phase).not.toBe('Bound');
    } else expect([403, 409, 422]).toContain(second.status);
    const crd = await at.post('/apis/apiextensions.k8s.io/v1/customresourcedefinitions', {
      metadata: { name: 'orders.shop.example.io' },
      spec: {
        group: 'shop.example.io',
        names: { plural: 'orders', kind: 'Order' },
        scope: 'Namespaced',
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
      },
    });
    expect(crd.status).toBeGreaterThanOrEqual(400);
    expect((await at.get(`${orders}/first`)).status).toBe(200);
  });

  it('goes with its binding, objects and all', async () => {
    await shop.rest.at('root:beta').ok('DELETE', `${bindings}/shop`);
    await eventually(async () => (await shop.rest.at('root:beta').get(`${bindings}/shop`)).status === 404, {
      what: 'the end of the binding',
      within: 20_000,
    });
    expect((await shop.rest.at('root:beta').get(orders)).status).toBe(404);
    const list = await shop.view(shop.url, '*').ok('GET', '/apis/shop.example.io/v1/orders');
    expect(list.items.map((item) => item.metadata.annotations?.['kcp.io/cluster'])).not.toContain(shop.beta);
  });
});
