import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type ControllerFixture,
  clusterOf,
  conditionOf,
  object,
  startFixture,
  workspace,
} from '../../testing/controller-fixture.ts';

let fixture: ControllerFixture;
let provider: string;

beforeEach(async () => {
  fixture = await startFixture();
  provider = clusterOf(await fixture.api('root').create('workspaces.tenancy.kcp.io', workspace('provider')));
});
afterEach(async () => {
  await fixture.stop();
  expect(fixture.problems).toEqual([]);
});

const shop = { resource: 'apiexports.apis.kcp.io', name: 'shop' };
const makeExport = (name: string, spec: object = {}) =>
  fixture.api(provider).create('apiexports.apis.kcp.io', object('apis.kcp.io/v1alpha2', 'APIExport', name, { spec }));
const secret = (key?: string) =>
  object('v1', 'Secret', 'identity', {
    namespace: 'default',
    ...(key === undefined ? {} : { data: { key: Buffer.from(key).toString('base64') } }),
  });
const identityOf = async (): Promise<string | undefined> =>
  ((await fixture.api(provider).get(shop)).status as { identityHash?: string } | undefined)?.identityHash;

describe('an export', () => {
  it('gets its identity when its secret gets its key, and keeps it when the key changes', async () => {
    const api = fixture.api(provider);
    await api.create('secrets', secret());
    await makeExport('shop', { identity: { secretRef: { namespace: 'default', name: 'identity' } } });
    await fixture.settled();
    expect(await identityOf()).toBeUndefined();
    await api.update({ resource: 'secrets', namespace: 'default', name: 'identity' }, (found) => {
      found.data = secret('one').data;
    });
    const hash = createHash('sha256').update('one').digest('hex');
    await fixture.until(async () => (await identityOf()) === hash);
    expect(conditionOf(await api.get(shop), 'IdentityValid')?.status).toBe('True');
    await api.update({ resource: 'secrets', namespace: 'default', name: 'identity' }, (found) => {
      found.data = secret('two').data;
    });
    await fixture.until(
      async () => conditionOf(await api.get(shop), 'IdentityValid')?.reason === 'IdentityVerificationFailed',
    );
    expect(await identityOf()).toBe(hash);
  });

  it('shows in endpoint slices, wherever they are, whether it exists', async () => {
    const api = fixture.api(
      clusterOf(await fixture.api('root').create('workspaces.tenancy.kcp.io', workspace('consumer'))),
    );
    const slice = { resource: 'apiexportendpointslices.apis.kcp.io', name: 'shop' };
    await api.create(
      'apiexportendpointslices.apis.kcp.io',
      object('apis.kcp.io/v1alpha1', 'APIExportEndpointSlice', 'shop', {
        spec: { export: { path: provider, name: 'shop' } },
      }),
    );
    expect(conditionOf(await api.get(slice), 'APIExportValid')?.reason).toBe('APIExportNotFound');
    await makeExport('shop');
    await fixture.until(async () => conditionOf(await api.get(slice), 'APIExportValid')?.status === 'True');
    expect((await api.get(slice)).status).toMatchObject({
      endpoints: [{ url: expect.stringContaining(`/services/apiexport/${provider}/shop`) }],
    });
    await fixture.api(provider).remove(shop);
    await fixture.until(
      async () => conditionOf(await api.get(slice), 'APIExportValid')?.reason === 'APIExportNotFound',
    );
  });
});
