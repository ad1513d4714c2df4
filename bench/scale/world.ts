import { workspacesPath } from '../server/canopy-process.ts';
import type { Api } from './api.ts';

export const orderGroup = 'scale.example.io';
export const configMaps = '/api/v1/namespaces/default/configmaps';
export const orders = `/apis/${orderGroup}/v1/namespaces/default/orders`;
const bindings = '/apis/apis.kcp.io/v1alpha2/apibindings';
const made = [200, 201, 409] as const;

interface Named {
  metadata: { name: string };
  spec: { cluster?: string };
  status?: { phase?: string };
}

/** The path of the workspace with this number. */
export function workspaceName(number: number): string {
  return `w-${number}`;
}

export function inWorkspace(number: number, path: string): string {
  return `/clusters/root:${workspaceName(number)}${path}`;
}

export function order(name: string): object {
  return { apiVersion: `${orderGroup}/v1`, kind: 'Order', metadata: { name }, spec: { item: 'paper', count: 3 } };
}

export function configMap(name: string): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { greeting: 'good morning', who: name } };
}

/** The workspace `root:provider` with the APIExport `orders`; answers its logical cluster. Made already is as good. */
export async function makeProvider(api: Api): Promise<string> {
  const cluster = await makeWorkspace(api, 'provider');
  const at = `/clusters/${cluster}/apis/apis.kcp.io`;
  const schema = `v1.orders.${orderGroup}`;
  await api.ok('POST', `${at}/v1alpha1/apiresourceschemas`, orderSchema(schema), made);
  await api.ok('POST', `${at}/v1alpha2/apiexports`, orderExport(schema), made);
  return cluster;
}

function orderExport(schema: string): object {
  return {
    apiVersion: 'apis.kcp.io/v1alpha2',
    kind: 'APIExport',
    metadata: { name: 'orders' },
    spec: { resources: [{ group: orderGroup, name: 'orders', schema, storage: { crd: {} } }] },
  };
}

function orderSchema(name: string): object {
  const spec = { type: 'object', properties: { item: { type: 'string' }, count: { type: 'integer' } } };
  return {
    apiVersion: 'apis.kcp.io/v1alpha1',
    kind: 'APIResourceSchema',
    metadata: { name },
    spec: {
      group: orderGroup,
      names: { plural: 'orders', singular: 'order', kind: 'Order', listKind: 'OrderList' },
      scope: 'Namespaced',
      versions: [{ name: 'v1', served: true, storage: true, schema: { type: 'object', properties: { spec } } }],
    },
  };
}

async function makeWorkspace(api: Api, name: string): Promise<string> {
  const collection = `/clusters/root${workspacesPath}`;
  const body = {
    apiVersion: 'tenancy.kcp.io/v1alpha1',
    kind: 'Workspace',
    metadata: { name },
    spec: { type: { name: 'universal', path: 'root' } },
  };
  let workspace = await api.ok<Partial<Named>>('POST', collection, body, made);
  while (workspace.status?.phase !== 'Ready' || workspace.spec?.cluster === undefined)
    workspace = await api.ok<Named>('GET', `${collection}/${name}`);
  return workspace.spec.cluster;
}

/** A workspace with its default objects, a bound API, one ConfigMap and one custom object. Made in part is completed. */
export async function makeTenant(api: Api, number: number): Promise<void> {
  const at = `/clusters/${await makeWorkspace(api, workspaceName(number))}`;
  const binding = {
    apiVersion: 'apis.kcp.io/v1alpha2',
    kind: 'APIBinding',
    metadata: { name: 'orders' },
    spec: { reference: { export: { path: 'root:provider', name: 'orders' } } },
  };
  await api.ok('POST', `${at}${bindings}`, binding, made);
  await api.ok('POST', `${at}${configMaps}`, configMap('first'), made);
  await api.ok('POST', `${at}${orders}`, order('first'), made);
}
