import {
  ApiException,
  CoreV1Api,
  CustomObjectsApi,
  KubeConfig,
  makeInformer,
  type V1ConfigMap,
  Watch,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CanopyProcess } from '../harness/canopy-process.ts';
import { eventually } from '../harness/poll.ts';

let server: CanopyProcess;
let config: KubeConfig;
let core: CoreV1Api;

beforeAll(async () => {
  server = await CanopyProcess.start();
  config = new KubeConfig();
  config.loadFromFile(server.kubeconfig);
  core = config.makeApiClient(CoreV1Api);
});
afterAll(() => server.dispose());

const namespace = 'default';

describe("Kubernetes' JavaScript client", () => {
  it('creates, reads, replaces, lists and deletes', async () => {
    const made = await core.createNamespacedConfigMap({
      namespace,
      body: { metadata: { name: 'js' }, data: { a: '1' } },
    });
    expect(made.metadata?.uid).toBeDefined();
    const read = await core.readNamespacedConfigMap({ namespace, name: 'js' });
    expect(read).toEqual(made);
    await core.replaceNamespacedConfigMap({ namespace, name: 'js', body: { ...read, data: { a: '2' } } });
    const list = await core.listNamespacedConfigMap({ namespace, fieldSelector: 'metadata.name=js' });
    expect(list.items.map(({ data }) => data)).toEqual([{ a: '2' }]);
    await core.deleteNamespacedConfigMap({ namespace, name: 'js' });
    await expect(core.readNamespacedConfigMap({ namespace, name: 'js' })).rejects.toSatisfy(
      (error) => error instanceof ApiException && error.code === 404,
    );
  });

  it('makes workspaces as custom objects', async () => {
    const custom = config.makeApiClient(CustomObjectsApi);
    const where = { group: 'tenancy.kcp.io', version: 'v1alpha1', plural: 'workspaces' };
    await custom.createClusterCustomObject({
      ...where,
      body: { apiVersion: 'tenancy.kcp.io/v1alpha1', kind: 'Workspace', metadata: { name: 'js' } },
    });
    await eventually(
      async () => {
        const found = (await custom.getClusterCustomObject({ ...where, name: 'js' })) as {
          status?: { phase?: string };
        };
        return found.status?.phase === 'Ready';
      },
      { what: 'Ready' },
    );
  });

  it('watches', async () => {
    const seen: string[] = [];
    const controller = await new Watch(config).watch(
      `/api/v1/namespaces/${namespace}/configmaps`,
      {},
      (type, object: V1ConfigMap) => seen.push(`${type} ${object.metadata?.name}`),
      () => undefined,
    );
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'watched' } } });
    await eventually(() => seen.includes('ADDED watched'), { what: 'the event' });
    controller.abort();
  });

  it('keeps an informer in step', async () => {
    const informer = makeInformer<V1ConfigMap>(config, `/api/v1/namespaces/${namespace}/configmaps`, () =>
      core.listNamespacedConfigMap({ namespace }),
    );
    const events: string[] = [];
    for (const verb of ['add', 'update', 'delete'] as const)
      informer.on(verb, (object) => events.push(`${verb} ${object.metadata?.name}`));
    await informer.start();
    await core.createNamespacedConfigMap({ namespace, body: { metadata: { name: 'informed' } } });
    await eventually(() => events.includes('add informed'), { what: 'add' });
    await core.replaceNamespacedConfigMap({
      namespace,
      name: 'informed',
      body: { metadata: { name: 'informed' }, data: { a: '1' } },
    });
    await eventually(() => events.includes('update informed'), { what: 'update' });
    await core.deleteNamespacedConfigMap({ namespace, name: 'informed' });
    await eventually(() => events.includes('delete informed'), { what: 'delete' });
    await informer.stop();
  });
});
