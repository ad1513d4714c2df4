import type { KubeObject } from '@canopy/apimachinery';
import { expired } from '@canopy/apimachinery';
import { array, asyncProperty, assert as check, constant, constantFrom, integer, oneof, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DynamicClient } from '../dynamic/dynamic-client.ts';
import { RestClient } from '../rest/rest-client.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { MemoryApi } from '../testing/memory-api.ts';
import type { InformerEvent } from './informer.ts';
import { Informer, keepKey } from './informer.ts';

const widgets = { group: 'example.com', version: 'v1', resource: 'widgets' };
const widgetPath = (cluster: string, name: string) =>
  `/clusters/${cluster}/apis/example.com/v1/namespaces/default/widgets/${name}`;
const widget = (size: number) => ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: {}, spec: { size } });

function follow(api: MemoryApi, pageSize = 500) {
  const clock = new FakeClock();
  const stop = new AbortController();
  const client = new DynamicClient(new RestClient({ transport: api, clock, timeoutMs: 0 })).cluster('*');
  const informer = new Informer<KubeObject>({
    resource: client.resource(widgets),
    indexers: { bySize: (object) => [String((object['spec'] as { size: number }).size)] },
    pageSize,
    clock,
    random: () => 0.5,
  });
  const events: InformerEvent<KubeObject, KubeObject>[] = [];
  informer.addHandler((event) => events.push(event));
  const running = informer.run(stop.signal);
  return {
    clock,
    informer,
    events,
    end: async () => {
      stop.abort();
      await running;
    },
  };
}

describe('an informer', () => {
  it('lists in pages, then follows changes in all clusters', async () => {
    const api = new MemoryApi();
    for (let i = 0; i < 5; i++) api.put(widgetPath('a', `w${i}`), widget(i));
    const { informer, events, clock, end } = follow(api, 2);
    await clock.advance(1);
    expect(informer.synced).toBe(true);
    expect(api.requests.filter(({ path }) => !path.includes('watch=')).length).toBe(3);
    api.put(widgetPath('b', 'w0'), widget(9));
    api.put(widgetPath('a', 'w0'), widget(9));
    api.remove(widgetPath('a', 'w1'));
    await clock.advance(1);
    expect([...informer.store.keys()].sort()).toEqual([
      'a|default/w0',
      'a|default/w2',
      'a|default/w3',
      'a|default/w4',
      'b|default/w0',
    ]);
    expect(informer.store.byIndex('bySize', '9').map(({ metadata }) => metadata.annotations)).toHaveLength(2);
    expect(informer.store.byIndex('bySize', '0')).toEqual([]);
    expect(events.slice(5).map(({ type }) => type)).toEqual(['added', 'updated', 'deleted']);
    await end();
    expect(api.openWatches).toBe(0);
  });

  it('resumes from the last bookmark without a new list', async () => {
    const api = new MemoryApi();
    const { clock, informer, end } = follow(api);
    await clock.advance(1);
    api.put('/clusters/a/apis/example.com/v1/gadgets/other', widget(1));
    await clock.advance(1);
    api.disconnect();
    await clock.advance(5_000);
    api.put(widgetPath('a', 'new'), widget(1));
    await clock.advance(5_000);
    expect(informer.store.size).toBe(1);
    const paths = api.requests.map(({ path }) => path);
    expect(paths.filter((path) => !path.includes('watch=')).length).toBe(1);
    expect(paths.at(-1)).toContain('resourceVersion=2');
    await end();
  });

  it('notices by a new list what vanished while its version expired', async () => {
    const api = new MemoryApi();
    api.put(widgetPath('a', 'gone'), widget(1));
    const { clock, informer, events, end } = follow(api);
    await clock.advance(1);
    api.disconnect();
    api.remove(widgetPath('a', 'gone'));
    api.compact();
    await clock.advance(60_000);
    expect(informer.store.size).toBe(0);
    expect(events.map(({ type }) => type)).toEqual(['added', 'deleted']);
    await end();
  });

  it('gives up a watch that outlives its time without a word', async () => {
    const api = new MemoryApi();
    const { clock, end } = follow(api);
    await clock.advance(1);
    const before = api.requests.length;
    await clock.advance(490_000);
    expect(api.requests.length).toBeGreaterThan(before);
    await end();
  });

  it('can keep keys alone and still tell what was deleted', async () => {
    const api = new MemoryApi();
    api.put(widgetPath('a', 'one'), widget(1));
    const clock = new FakeClock();
    const client = new DynamicClient(new RestClient({ transport: api, clock })).cluster('*');
    const informer = new Informer({ resource: client.resource(widgets), keep: keepKey, clock });
    const stop = new AbortController();
    const running = informer.run(stop.signal);
    await clock.advance(1);
    expect(Object.keys([...informer.store.list()][0]!)).toEqual(['metadata']);
    const keys: string[] = [];
    informer.addHandler((event) => keys.push(`${event.type} ${event.key.cluster}/${event.key.name}`));
    api.remove(widgetPath('a', 'one'));
    await clock.advance(1);
    expect(keys).toEqual(['present a/one', 'deleted a/one']);
    stop.abort();
    await running;
  });

  it('converges to the state of the server through disconnects, expiry, errors and repeated events', async () => {
    const name = constantFrom('w0', 'w1', 'w2', 'w3', 'w4');
    const cluster = constantFrom('a', 'b');
    const action = oneof(
      {
        weight: 6,
        arbitrary: record({ do: constant('put' as const), cluster, name, size: integer({ min: 0, max: 3 }) }),
      },
      { weight: 3, arbitrary: record({ do: constant('remove' as const), cluster, name }) },
      {
        weight: 2,
        arbitrary: record({
          do: constantFrom('disconnect' as const, 'compact' as const, 'expire' as const, 'break' as const),
        }),
      },
      { weight: 2, arbitrary: record({ do: constant('outage' as const), cluster, name }) },
      { weight: 3, arbitrary: record({ do: constant('wait' as const), ms: integer({ min: 0, max: 3_000 }) }) },
    );
    await check(
      asyncProperty(array(action, { maxLength: 40 }), integer({ min: 1, max: 3 }), async (actions, repeat) => {
        const api = new MemoryApi();
        api.repeat = repeat;
        const { clock, informer, events, end } = follow(api, 2);
        let trouble: 'expire' | 'break' | undefined;
        api.intercept = () => {
          const now = trouble;
          trouble = undefined;
          if (now === 'expire') return expired('gone');
          return now === 'break' ? Promise.reject(new Error('connection lost')) : undefined;
        };
        for (const step of actions) {
          if (step.do === 'put') api.put(widgetPath(step.cluster, step.name), widget(step.size));
          else if (step.do === 'remove') api.remove(widgetPath(step.cluster, step.name));
          else if (step.do === 'disconnect') api.disconnect();
          else if (step.do === 'compact') api.compact();
          else if (step.do === 'outage') {
            api.disconnect();
            api.remove(widgetPath(step.cluster, step.name));
            api.compact();
          } else if (step.do === 'wait') await clock.advance(step.ms);
          else trouble = step.do;
        }
        await clock.advance(200_000);
        const versions = (objects: Iterable<KubeObject>) =>
          [...objects]
            .map(
              ({ metadata }) =>
                `${metadata.annotations?.['kcp.io/cluster']}/${metadata.name}@${metadata.resourceVersion}`,
            )
            .sort();
        expect(versions(informer.store.list())).toEqual(versions(api.objects.values()));
        const told = new Map<string, KubeObject>();
        for (const event of events) {
          const key = `${event.key.cluster}/${event.key.name}`;
          if (event.type === 'deleted') told.delete(key);
          else told.set(key, event.kept);
        }
        expect(versions(told.values())).toEqual(versions(api.objects.values()));
        await end();
        await settle();
        expect(clock.pending).toBe(0);
      }),
      { numRuns: 200 },
    );
  });
});
