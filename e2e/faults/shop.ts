import type { CanopyProcess } from '../harness/canopy-process.ts';
import { eventually } from '../harness/poll.ts';
import { type KubeJson, Rest } from '../harness/rest.ts';
import type { ExactTarget } from './exact-client.ts';
import type { WatchTarget } from './watch-record.ts';

const workspaces = '/apis/tenancy.kcp.io/v1alpha1/workspaces';
const apis = '/apis/apis.kcp.io';
const orders = '/apis/shop.example.io/v1';

const text = { type: 'object', properties: { item: { type: 'string' } } };
const schema = {
  metadata: { name: 'v1.orders.shop.example.io' },
  spec: {
    group: 'shop.example.io',
    names: { plural: 'orders', singular: 'order', kind: 'Order', listKind: 'OrderList' },
    scope: 'Namespaced',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { type: 'object', properties: { spec: text, status: text } },
      },
    ],
  },
};
const apiExport = {
  metadata: { name: 'shop' },
  spec: {
    resources: [
      { group: 'shop.example.io', name: 'orders', schema: 'v1.orders.shop.example.io', storage: { crd: {} } },
    ],
  },
};

/** Path of the export `shop` that `openShop` publishes. */
export const shopPath = 'root:provider';

export interface Shop {
  configMaps: ExactTarget;
  orders: ExactTarget;
  watches: WatchTarget[];
}

/** A provider of orders in `root:provider` and its consumer `root:alpha`, bound. */
export async function openShop(server: CanopyProcess): Promise<Shop> {
  const rest = Rest.connect(server, 'root');
  for (const name of ['provider', 'alpha']) await rest.ok('POST', workspaces, { metadata: { name } });
  const provider = rest.at(shopPath);
  await provider.ok('POST', `${apis}/v1alpha1/apiresourceschemas`, schema);
  await provider.ok('POST', `${apis}/v1alpha2/apiexports`, apiExport);
  const alpha = rest.at('root:alpha');
  await alpha.ok('POST', `${apis}/v1alpha2/apibindings`, {
    metadata: { name: 'shop' },
    spec: { reference: { export: { path: shopPath, name: 'shop' } } },
  });
  await eventually(async () => (await alpha.get(`${orders}/orders`)).status === 200, { what: 'orders served' });
  const cluster = String((await rest.ok('GET', `${workspaces}/alpha`)).spec['cluster']);
  const view = await eventually(async () => {
    const slice = await provider.ok('GET', `${apis}/v1alpha1/apiexportendpointslices/shop`);
    const [endpoint] = (slice.status['endpoints'] ?? []) as { url: string }[];
    return endpoint === undefined ? undefined : new URL(endpoint.url).pathname;
  });
  rest.close();
  return shopOf(cluster, view);
}

function shopOf(cluster: string, view: string): Shop {
  const field = (part: 'spec' | 'status') => (content: string) => ({
    patch: { [part]: { item: content } },
    isDone: (object: KubeJson) => object[part]?.['item'] === content,
  });
  return {
    configMaps: {
      prefix: `/clusters/${cluster}`,
      path: '/api/v1/namespaces/default/configmaps',
      body: (name, content) => ({ metadata: { name }, data: { content } }),
      change: (content) => ({ patch: { data: { content } }, isDone: (object) => object.data?.['content'] === content }),
    },
    orders: {
      prefix: `/clusters/${cluster}`,
      path: `${orders}/namespaces/default/orders`,
      body: (name, content) => ({ metadata: { name }, spec: { item: content } }),
      change: field('spec'),
      status: { prefix: `${view}/clusters/${cluster}`, change: field('status') },
    },
    watches: [
      {
        name: 'config maps of one workspace',
        path: `/clusters/${cluster}/api/v1/configmaps`,
        concerns: (object) => object.resource === 'core/configmaps' && object.cluster === cluster,
      },
      {
        name: 'orders of one workspace',
        path: `/clusters/${cluster}${orders}/orders`,
        concerns: (object) => object.resource === 'shop.example.io/orders' && object.cluster === cluster,
      },
      {
        name: 'orders in the virtual workspace',
        path: `${view}/clusters/*${orders}/orders`,
        concerns: (object) => object.resource === 'shop.example.io/orders',
      },
      {
        name: 'workspaces of root',
        path: `/clusters/root${workspaces}`,
        concerns: (object) => object.resource === 'tenancy.kcp.io/workspaces' && object.cluster === 'root',
      },
    ],
  };
}
