import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CanopyProcess, canopy } from '../harness/canopy-process.ts';
import { type KubeJson, Rest } from '../harness/rest.ts';
import { openWatch } from '../harness/watch-stream.ts';

const threads = 3;
const configMaps = '/api/v1/namespaces/default/configmaps';

describe('several API threads', () => {
  let server: CanopyProcess;
  /** So many connections that it would be strange if they all met at the same thread. */
  let connections: Rest[];

  const connect = (): void => {
    connections = Array.from({ length: 16 }, () => Rest.connect(server, 'root'));
  };
  const disconnect = (): void => {
    for (const rest of connections) rest.close();
  };

  const metrics = async (): Promise<string> => {
    const answer = await (connections[0] as Rest).at('', server.adminToken('shard-admin')).get('/metrics');
    expect(answer.status).toBe(200);
    return answer.text;
  };

  beforeAll(async () => {
    server = await CanopyProcess.start({ flags: ['--api-threads', String(threads)] });
    connect();
  });

  afterAll(async () => {
    disconnect();
    await server.dispose();
  });

  it('listen on one port, and connections are spread over them', async () => {
    await Promise.all(connections.map((rest) => rest.ok('GET', configMaps)));
    const port = server.port.toString(16).toUpperCase().padStart(4, '0');
    const lines = readFileSync(`/proc/${server.pid}/net/tcp`, 'utf8').split('\n');
    const sockets = lines.map((line) => line.trim().split(/\s+/)).filter(([, local]) => local?.endsWith(`:${port}`));
    expect(sockets.filter(([, , , state]) => state === '0A')).toHaveLength(threads);
    const lists = [...(await metrics()).matchAll(/^canopy_api_thread_requests_total\{thread="\d"\} (\d+)$/gm)];
    expect(lists).toHaveLength(threads);
    expect(lists.filter(([, count]) => Number(count) > 0).length).toBeGreaterThan(1);
  });

  it('serve at once what another one has written', async () => {
    const all = [...connections.keys()];
    for (const i of all) {
      const writer = connections[i] as Rest;
      const { metadata } = await writer.ok('POST', configMaps, { metadata: { name: `from-${i}` } });
      const seen = await Promise.all(connections.map((rest) => rest.ok('GET', `${configMaps}/from-${i}`)));
      expect(seen.map((object) => object.metadata.uid)).toEqual(all.map(() => metadata.uid));
      const lists = await Promise.all(connections.map((rest) => rest.ok('GET', configMaps)));
      for (const list of lists) {
        expect(list.items.some(({ metadata: { name } }) => name === `from-${i}`)).toBe(true);
        expect(Number(list.metadata.resourceVersion)).toBeGreaterThanOrEqual(Number(metadata.resourceVersion));
      }
      const stale = await (connections[(i + 1) % all.length] as Rest).request('PUT', `${configMaps}/from-${i}`, {
        body: { metadata: { name: `from-${i}`, resourceVersion: '1' } },
      });
      expect([stale.status, stale.json().reason]).toEqual([409, 'Conflict']);
    }
  });

  it('tell watches of what others write, once and in order', async () => {
    const { metadata } = await (connections[0] as Rest).ok('GET', configMaps);
    const from = `${configMaps}?watch=true&resourceVersion=${metadata.resourceVersion}`;
    const watches = await Promise.all(connections.map((rest) => openWatch(rest, from)));
    const written = await Promise.all(
      connections.map(async (rest, i) => {
        const names: string[] = [];
        for (let n = 0; n < 20; n++) {
          const name = `watched-${i}-${n}`;
          await rest.ok('POST', configMaps, { metadata: { name } });
          names.push(name);
        }
        return names;
      }),
    );
    const total = written.flat().length;
    await Promise.all(watches.map((watch) => watch.next(() => watch.events.length >= total, 'all events')));
    const orders = watches.map((watch) => watch.events.map(({ object }) => object.metadata.name).join());
    expect(new Set(orders).size).toBe(1);
    const revisions = watches[0]?.events.map(({ object }) => Number(object.metadata.resourceVersion)) ?? [];
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
    expect([...(watches[0]?.events ?? [])].map(({ object }) => object.metadata.name).sort()).toEqual(
      written.flat().sort(),
    );
    for (const watch of watches) watch.close();
  });

  it('know of a workspace, a resource and a permission as soon as another one has acknowledged them', async () => {
    for (let i = 0; i < 5; i++) {
      const [a, b, c] = [0, 5, 11].map((offset) => connections[(offset + i) % connections.length] as Rest) as [
        Rest,
        Rest,
        Rest,
      ];
      const workspace = `team-${i}`;
      await a.ok('POST', '/apis/tenancy.kcp.io/v1alpha1/workspaces', {
        apiVersion: 'tenancy.kcp.io/v1alpha1',
        kind: 'Workspace',
        metadata: { name: workspace },
      });
      const crd = crdOf(`widgets${i}`);
      await b.at(`root:${workspace}`).ok('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd);
      const established = async (): Promise<boolean> => {
        const found = await c
          .at(`root:${workspace}`)
          .ok('GET', `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd.metadata.name}`);
        return JSON.stringify(found.status).includes('"Established","status":"True"');
      };
      while (!(await established()));
      for (const rest of connections)
        expect((await rest.at(`root:${workspace}`).ok('GET', `/apis/example.com/v1/widgets${i}`)).items).toEqual([]);
    }
  });

  it('count together what they have served', async () => {
    const count = async (): Promise<number> => {
      const lines = (await metrics()).matchAll(
        /^apiserver_request_total\{verb="list",resource="secrets",code="200".*\} (\d+)$/gm,
      );
      return [...lines].reduce((sum, [, value]) => sum + Number(value), 0);
    };
    const before = await count();
    for (const rest of connections) expect((await rest.get('/api/v1/namespaces/default/secrets')).status).toBe(200);
    expect(await count()).toBe(before + connections.length);
  });

  it('have lost nothing after they were killed, and stop in good order', async () => {
    const kept: KubeJson[] = [];
    const writers = connections.map(async (rest, i) => {
      for (let n = 0; ; n++) {
        const answer = await rest.post(configMaps, { metadata: { name: `kept-${i}-${n}` } }).catch(() => undefined);
        if (answer?.status !== 201) return;
        kept.push(answer.json());
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    await server.end('SIGKILL');
    await Promise.all(writers);
    disconnect();
    await server.startAgain();
    connect();
    const { items } = await (connections[0] as Rest).ok('GET', configMaps);
    const found = new Map(items.map((item) => [item.metadata.name, item.metadata.uid]));
    expect(kept.length).toBeGreaterThan(connections.length);
    for (const { metadata } of kept) expect(found.get(metadata.name)).toBe(metadata.uid);
    expect(await server.end('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(server.stderr).toBe('');
    await server.startAgain();
  });

  it.each(['0', '65', 'two', ''])('are not %j', async (value) => {
    const result = await canopy(['start', '--api-threads', value]);
    expect(result.stderr).toMatch(/^canopy: --api-threads must be a number from 1 to 64, not [^\n]+\n$/);
    expect(result.code).toBe(2);
  });
});

function crdOf(plural: string) {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope: 'Cluster',
      names: { plural, singular: plural, kind: plural, listKind: `${plural}List` },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  };
}
