import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../harness/poll.ts';
import { Rest } from '../harness/rest.ts';
import { etcdMissing, type ReplicaSet, startReplicas } from './replica-set.ts';

const workspaces = '/apis/tenancy.kcp.io/v1alpha1/workspaces';
/** As etcd has them when nobody sets them. */
const etcdFlags = ['--max-txn-ops=128', '--max-request-bytes=1572864'];
/** More than a transaction of such an etcd can touch, and more changes than Canopy can number in one. */
const many = 1200;
const patience = { within: 60_000 };

describe.skipIf(etcdMissing() !== undefined)('replicas of two threads each on an etcd with default limits', () => {
  let set: ReplicaSet;
  let rest: Rest;
  beforeAll(async () => {
    set = await startReplicas(2, { members: 1, etcdFlags, flags: ['--api-threads', '2'] });
    rest = Rest.spread(set.replicas, 'root');
  });
  afterAll(async () => {
    rest?.close();

    await set?.stop();
  });

  async function fill(at: Rest, namespace: string, count: number): Promise<void> {
    let next = 0;
    const writer = async (): Promise<void> => {
      while (next < count)
        await at.ok('POST', `/api/v1/namespaces/${namespace}/configmaps`, { metadata: { name: `c-${next++}` } });
    };
    await Promise.all(Array.from({ length: 16 }, writer));
  }

  async function gone(path: string): Promise<void> {
    await rest.ok('DELETE', path);
    await eventually(async () => (await rest.get(path)).status === 404, { ...patience, what: `the end of ${path}` });
  }

  it('have workspaces of every type, and objects as large as Kubernetes allows', async () => {
    const make = (at: Rest, type: string) =>
      at.ok('POST', workspaces, { metadata: { name: type }, spec: { type: { name: type, path: 'root' } } });
    for (const type of ['organization', 'universal']) await make(rest, type);
    await make(rest.at('root:organization'), 'team');
    const large = { metadata: { name: 'large' }, data: { text: 'x'.repeat(1_000_000) } };
    await rest.at('root:organization:team').ok('POST', '/api/v1/namespaces/default/configmaps', large);
  });

  it('delete a namespace with more objects than a transaction may touch', async () => {
    await rest.ok('POST', '/api/v1/namespaces', { metadata: { name: 'full' } });
    await fill(rest, 'full', 300);
    await gone('/api/v1/namespaces/full');
  });

  it('delete a workspace with many objects and many children', async () => {
    await rest.ok('POST', workspaces, { metadata: { name: 'parent' } });
    const parent = rest.at('root:parent');
    await Promise.all([
      fill(parent, 'default', many),
      ...Array.from({ length: 130 }, (_, i) => parent.ok('POST', workspaces, { metadata: { name: `child-${i}` } })),
    ]);
    await gone(`${workspaces}/parent`);
    const errors = set.replicas.flatMap(({ stderr }) =>
      stderr.split('\n').filter((line) => line.includes('max-txn-ops')),
    );
    expect(errors).toEqual([]);
  });
});
