import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { CanopyProcess, temporaryDirectory } from '../harness/canopy-process.ts';
import { eventually } from '../harness/poll.ts';
import { type KubeJson, Rest } from '../harness/rest.ts';

export const workspaces = '/apis/tenancy.kcp.io/v1alpha1/workspaces';
export const schemas = '/apis/apis.kcp.io/v1alpha1/apiresourceschemas';
export const exports_ = '/apis/apis.kcp.io/v1alpha2/apiexports';
export const bindings = '/apis/apis.kcp.io/v1alpha2/apibindings';
const slices = '/apis/apis.kcp.io/v1alpha1/apiexportendpointslices';
export const orders = '/apis/shop.example.io/v1/namespaces/default/orders';
export const rbac = '/apis/rbac.authorization.k8s.io/v1';

const matchAll = { matchAll: true };
const secretClaim = { group: '', resource: 'secrets', verbs: ['*'] };
const configMapClaim = { group: '', resource: 'configmaps', verbs: ['get', 'list', 'watch', 'create'] };

export function schema(prefix: string): object {
  return {
    metadata: { name: `${prefix}.orders.shop.example.io` },
    spec: {
      group: 'shop.example.io',
      names: { plural: 'orders', singular: 'order', kind: 'Order', listKind: 'OrderList', shortNames: ['ord'] },
      scope: 'Namespaced',
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          subresources: { status: {} },
          schema: {
            type: 'object',
            properties: {
              spec: {
                type: 'object',
                required: ['item'],
                properties: {
                  item: { type: 'string', maxLength: 20 },
                  count: { type: 'integer', default: 1, minimum: 1 },
                },
              },
              status: { type: 'object', properties: { phase: { type: 'string' } } },
            },
          },
        },
      ],
    },
  };
}

/**
 * A server on which `root:provider` exports orders as `shop`, with claims for secrets and config maps. `root:alpha` and
 * `root:beta` have bound it: alpha shares the secrets with the label `shared: yes`, beta its config maps. `root:rival` and
 * `root:stranger` have nothing yet. erin and provider have tokens, `<name>-token`, and no rights.
 */
export class Shop {
  readonly server: CanopyProcess;
  readonly rest: Rest;
  private readonly scratch: { remove(): void };
  /** URL of the virtual workspace of `shop`. */
  url = '';
  /** Names of logical clusters. */
  alpha = '';
  beta = '';

  private constructor(server: CanopyProcess, scratch: { remove(): void }) {
    this.server = server;
    this.rest = Rest.connect(server, 'root');
    this.scratch = scratch;
  }

  static async open(): Promise<Shop> {
    const scratch = temporaryDirectory();
    const tokens = path.join(scratch.path, 'tokens.csv');
    writeFileSync(tokens, 'erin-token,erin,uid-erin\nprovider-token,provider,uid-provider\n');
    const shop = new Shop(await CanopyProcess.start({ flags: ['--token-auth-file', tokens] }), scratch);
    for (const name of ['provider', 'rival', 'alpha', 'beta', 'stranger'])
      await shop.rest.ok('POST', workspaces, { metadata: { name } });
    shop.url = await shop.publish('provider', 'shop', [secretClaim, configMapClaim]);
    shop.alpha = await shop.clusterOf('alpha');
    shop.beta = await shop.clusterOf('beta');
    await shop.bind('alpha', 'provider', 'shop', [
      { ...secretClaim, selector: { matchLabels: { shared: 'yes' } }, state: 'Accepted' },
      { ...configMapClaim, selector: matchAll, state: 'Rejected' },
    ]);
    await shop.bind('beta', 'provider', 'shop', [{ ...configMapClaim, selector: matchAll, state: 'Accepted' }]);
    return shop;
  }

  async close(): Promise<void> {
    this.rest.close();
    await this.server.dispose();
    this.scratch.remove();
  }

  /** An export of orders in `root:<workspace>`; answers with the URL of its virtual workspace, as the slice tells it. */
  async publish(workspace: string, name: string, permissionClaims: object[] = []): Promise<string> {
    const at = this.rest.at(`root:${workspace}`);
    await at.ok('POST', schemas, schema('v1'));
    const resources = [
      { group: 'shop.example.io', name: 'orders', schema: 'v1.orders.shop.example.io', storage: { crd: {} } },
    ];
    await at.ok('POST', exports_, { metadata: { name }, spec: { resources, permissionClaims } });
    return this.sliceUrl(workspace, name);
  }

  private sliceUrl(workspace: string, name: string): Promise<string> {
    return eventually(
      async () => {
        const slice = await this.rest.at(`root:${workspace}`).ok('GET', `${slices}/${name}`);
        return (slice.status.endpoints as { url: string }[] | undefined)?.[0]?.url;
      },
      { what: `the URL of ${workspace}:${name}` },
    );
  }

  async bind(workspace: string, provider: string, name: string, permissionClaims: object[] = []): Promise<KubeJson> {
    const at = this.rest.at(`root:${workspace}`);
    await at.ok('POST', bindings, {
      metadata: { name },
      spec: { reference: { export: { path: `root:${provider}`, name } }, permissionClaims },
    });
    return eventually(
      async () => {
        const found = await at.ok('GET', `${bindings}/${name}`);
        return found.status.phase === 'Bound' && found;
      },
      { what: `${name} Bound in ${workspace}` },
    );
  }

  async clusterOf(workspace: string): Promise<string> {
    return String((await this.rest.ok('GET', `${workspaces}/${workspace}`)).spec.cluster);
  }

  /** The path part of a URL, with the cluster behind it. */
  view(url: string, cluster: string, token?: string): Rest {
    return this.rest.below(`${new URL(url).pathname}/clusters/${cluster}`, token);
  }
}
