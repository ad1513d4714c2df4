import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bindings, exports_, Shop, schema, schemas } from './shop.ts';

let shop: Shop;
beforeAll(async () => {
  shop = await Shop.open();
  await shop.publish('rival', 'shop');
});
afterAll(() => shop.close());

describe('an export or binding that is wrong', () => {
  it.each([
    [
      'an export with a schema of another resource',
      exports_,
      {
        metadata: { name: 'x' },
        spec: {
          resources: [
            { group: 'a.example.io', name: 'things', schema: 'v1.others.a.example.io', storage: { crd: {} } },
          ],
        },
      },
    ],
    [
      'a claim without verbs',
      exports_,
      { metadata: { name: 'x' }, spec: { permissionClaims: [{ group: '', resource: 'secrets' }] } },
    ],
    [
      'a claim of a third party without identity',
      exports_,
      {
        metadata: { name: 'x' },
        spec: { permissionClaims: [{ group: 'a.example.io', resource: 'things', verbs: ['*'] }] },
      },
    ],
    ['a schema with the wrong name', schemas, { ...schema('v1'), metadata: { name: 'v1.order.shop.example.io' } }],
    [
      'a schema without versions',
      schemas,
      {
        metadata: { name: 'v9.orders.shop.example.io' },
        spec: { ...(schema('v9') as { spec: object }).spec, versions: [] },
      },
    ],
    ['a binding without reference', bindings, { metadata: { name: 'x' }, spec: {} }],
  ])('is refused: %s', async (_name, collection, body) => {
    const answer = await shop.rest.at('root:stranger').post(collection, body);
    expect([400, 403, 422]).toContain(answer.status);
    expect(answer.json().kind).toBe('Status');
  });

  it('is refused: a schema that is changed', async () => {
    const answer = await shop.rest
      .at('root:provider')
      .patch(`${schemas}/v1.orders.shop.example.io`, { spec: { scope: 'Cluster' } });
    expect(answer.json()).toMatchObject({ code: 422, reason: 'Invalid' });
  });

  it('is refused: a binding that is pointed elsewhere', async () => {
    const answer = await shop.rest
      .at('root:alpha')
      .patch(`${bindings}/shop`, { spec: { reference: { export: { path: 'root:rival' } } } });
    expect([403, 422]).toContain(answer.status);
    expect(answer.json().message).toContain('APIExport reference must not be changed');
  });
});
