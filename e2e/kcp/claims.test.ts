import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/poll.ts';
import { bindings, Shop } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await Shop.open();
});
afterAll(() => shop.close());

describe('an API that is exported and bound', () => {
  it('shows claimed objects only as far as the claim was accepted', async () => {
    const secrets = '/api/v1/namespaces/default/secrets';
    await shop.rest
      .at('root:alpha')
      .ok('POST', secrets, { metadata: { name: 'open', labels: { shared: 'yes' } }, stringData: { a: '1' } });
    await shop.rest.at('root:alpha').ok('POST', secrets, { metadata: { name: 'private' } });
    await shop.rest.at('root:beta').ok('POST', secrets, { metadata: { name: 'unclaimed', labels: { shared: 'yes' } } });
    await shop.rest
      .at('root:beta')
      .ok('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'shown' } });
    await shop.rest
      .at('root:alpha')
      .ok('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'hidden' } });
    const names = async (path_: string): Promise<string[]> =>
      (await shop.view(shop.url, '*').ok('GET', path_)).items.map((item) => item.metadata.name);
    await eventually(async () => (await names('/api/v1/secrets')).includes('open'), { what: 'the claimed secret' });
    expect(await names('/api/v1/secrets')).toEqual(['open']);
    expect(await names('/api/v1/configmaps')).toContain('shown');
    expect(await names('/api/v1/configmaps')).not.toContain('hidden');
    expect((await shop.view(shop.url, shop.alpha).get(`${secrets}/private`)).status).toBe(404);
    expect((await shop.view(shop.url, shop.beta).get(`${secrets}/unclaimed`)).status).toBe(403);
    expect((await shop.view(shop.url, shop.alpha).get('/api/v1/namespaces/default/configmaps/hidden')).status).toBe(
      403,
    );
  });

  it('lets the provider write only within the claims', async () => {
    const secrets = '/api/v1/namespaces/default/secrets';
    const made = await shop.view(shop.url, shop.alpha).ok('POST', secrets, { metadata: { name: 'delivered' } });
    expect(made.metadata.labels).toMatchObject({ shared: 'yes' });
    const conflicting = await shop
      .view(shop.url, shop.alpha)
      .post(secrets, { metadata: { name: 'x', labels: { shared: 'no' } } });
    expect(conflicting.json()).toMatchObject({ code: 403, message: expect.stringContaining('protected label') });
    expect((await shop.view(shop.url, shop.alpha).delete(`${secrets}/private`)).status).toBeGreaterThanOrEqual(403);
    expect((await shop.rest.at('root:alpha').get(`${secrets}/private`)).status).toBe(200);
    const configMaps = '/api/v1/namespaces/default/configmaps';
    expect((await shop.view(shop.url, shop.beta).post(configMaps, { metadata: { name: 'made' } })).status).toBe(201);
    expect((await shop.view(shop.url, shop.beta).delete(`${configMaps}/made`)).status).toBe(403);
    expect((await shop.view(shop.url, shop.beta).patch(`${configMaps}/shown`, { data: { a: '1' } })).status).toBe(403);
    expect(
      (await shop.view(shop.url, shop.beta).patch(`${bindings}/shop`, { metadata: { labels: { a: 'b' } } })).status,
    ).toBe(403);
  });
});
