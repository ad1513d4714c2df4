import type { KubeObject } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { DynamicClient } from '../dynamic/dynamic-client.ts';
import { Informer } from '../informer/informer.ts';
import { RestClient } from '../rest/rest-client.ts';
import { FakeClock, settle } from '../testing/fake-clock.ts';
import { MemoryApi } from '../testing/memory-api.ts';
import { Controller } from './controller.ts';
import { toController, watchInformer } from './controller-watch.ts';
import type { ExportEndpoint } from './export-endpoints.ts';
import { watchExportEndpoints } from './export-endpoints.ts';
import { LeaderElector } from './leader-elector.ts';
import { runManager } from './manager.ts';
import type { ReconcileRequest } from './reconcile-result.ts';
import { done, requeueAfter } from './reconcile-result.ts';

const widgets = { group: 'example.com', version: 'v1', resource: 'widgets' };
const widgetPath = (cluster: string, name: string) => `/clusters/${cluster}/apis/example.com/v1/widgets/${name}`;
const widget = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: {} };
const text = ({ cluster, name }: ReconcileRequest) => `${cluster}/${name}`;

function scene() {
  const api = new MemoryApi();
  const clock = new FakeClock();
  const client = new DynamicClient(new RestClient({ transport: api, clock, timeoutMs: 0 }));
  const informer = new Informer<KubeObject>({
    resource: client.cluster('*').resource(widgets),
    clock,
    random: () => 0.5,
  });
  return { api, clock, client, informer, stop: new AbortController() };
}

describe('a controller', () => {
  it('reconciles objects of all clusters, retries what fails, and comes back when asked to', async () => {
    const { api, clock, informer, stop } = scene();
    api.put(widgetPath('a', 'good'), widget);
    api.put(widgetPath('b', 'bad'), widget);
    const calls: string[] = [];
    const controller = new Controller({
      name: 'test',
      watches: [watchInformer(informer)],
      clock,
      random: () => 0,
      reconcile: (request, { failures }) => {
        calls.push(`${text(request)} ${failures}`);
        if (request.name === 'bad' && failures < 2) return Promise.reject(new Error('not yet'));
        return Promise.resolve(request.name === 'good' && calls.length < 4 ? requeueAfter(1_000) : done);
      },
    });
    const running = runManager({ informers: [informer], controllers: [controller], clock }, stop.signal);
    await clock.advance(1);
    expect(calls).toEqual(['a/good 0', 'b/bad 0']);
    await clock.advance(150);
    expect(calls.slice(2)).toEqual(['b/bad 1', 'b/bad 2']);
    await clock.advance(900);
    expect(calls.slice(4)).toEqual(['a/good 0']);
    api.put(widgetPath('b', 'bad'), widget);
    await clock.advance(1);
    expect(calls.slice(5)).toEqual(['b/bad 0']);
    stop.abort();
    await running;
    expect(clock.pending).toBe(0);
  });

  it('maps what it watches to the objects that own it, before and after a change', async () => {
    const { api, clock, informer, stop } = scene();
    const owned = (name: string) => ({
      ...widget,
      metadata: { ownerReferences: [{ apiVersion: 'example.com/v2', kind: 'Set', name, uid: name, controller: true }] },
    });
    const calls: string[] = [];
    const map = toController<KubeObject, KubeObject>({
      apiVersion: 'example.com/v1',
      kind: 'Set',
      clusterScoped: true,
    });
    const controller = new Controller({
      name: 'sets',
      watches: [watchInformer(informer, map)],
      clock,
      reconcile: (request) => {
        calls.push(text(request));
        return Promise.resolve(done);
      },
    });
    const running = runManager({ informers: [informer], controllers: [controller], clock }, stop.signal);
    api.put(widgetPath('a', 'w'), owned('one'));
    await clock.advance(1);
    api.put(widgetPath('a', 'w'), owned('two'));
    await clock.advance(1);
    expect(calls).toEqual(['a/one', 'a/two', 'a/one']);
    stop.abort();
    await running;
  });

  it('stops after those that come behind it have finished what they had begun, within the time all are given', async () => {
    const { api, clock, informer, stop } = scene();
    for (const name of ['one', 'two', 'three']) api.put(widgetPath('a', name), widget);
    const order: string[] = [];
    const slow = (name: string) =>
      new Controller({
        name,
        watches: [watchInformer(informer)],
        concurrency: 1,
        clock,
        reconcile: (_, { signal }) => {
          order.push(`${name} begins`);
          return new Promise((resolve) => {
            const onKill = () => {
              timer.cancel();
              order.push(`${name} killed`);
              resolve(done);
            };
            const timer = clock.schedule(5_000, () => {
              signal.removeEventListener('abort', onKill);
              order.push(`${name} ends`);
              resolve(done);
            });
            signal.addEventListener('abort', onKill);
          });
        },
      });
    const running = runManager(
      { informers: [informer], controllers: [slow('first'), slow('second')], graceMs: 3_000, clock },
      stop.signal,
    );
    await clock.advance(3_000);
    stop.abort();
    await clock.advance(2_500);
    expect(order).toEqual(['first begins', 'second begins', 'first ends', 'first begins', 'second ends']);
    await clock.advance(1_000);
    expect(order.slice(5)).toEqual(['first killed']);
    await running;
    expect(clock.pending).toBe(0);
  });

  it('ends the manager when it fails', async () => {
    const { clock, informer, stop } = scene();
    const failing = { run: () => Promise.reject(new Error('cannot go on')) };
    await expect(runManager({ informers: [informer], controllers: [failing], clock }, stop.signal)).rejects.toThrow(
      'cannot go on',
    );
  });
});

describe('following an endpoint slice', () => {
  it('serves each URL while it is listed, again after a failure, and writes into the cluster of the object', async () => {
    const { api, clock, client, stop } = scene();
    const slicePath = '/clusters/provider/apis/apis.kcp.io/v1alpha1/apiexportendpointslices/widgets';
    const urls = (...names: string[]) => ({
      apiVersion: 'apis.kcp.io/v1alpha1',
      kind: 'APIExportEndpointSlice',
      metadata: {},
      status: { endpoints: names.map((name) => ({ url: `https://host/services/apiexport/p/${name}` })) },
    });
    api.put(slicePath, urls());
    const log: string[] = [];
    let failures = 1;
    const serve = async ({ url, client: endpoint }: ExportEndpoint, signal: AbortSignal) => {
      const name = url.slice(url.lastIndexOf('/') + 1);
      log.push(`+${name}`);
      if (name === 'bad' && failures-- > 0) throw new Error('no');
      await endpoint
        .cluster('consumer')
        .resource(widgets)
        .create({ ...widget, metadata: { name } });
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      log.push(`-${name}`);
    };
    const connect = (url: string) => new DynamicClient(client.rest.withBasePath(new URL(url).pathname));
    const running = watchExportEndpoints(
      { client: client.cluster('provider'), slice: 'widgets', connect, serve, clock, random: () => 0 },
      stop.signal,
    );
    await clock.advance(1);
    expect(log).toEqual([]);
    api.put(slicePath, urls('one', 'bad'));
    await clock.advance(1);
    expect(log).toEqual(['+one', '+bad']);
    await clock.advance(1_000);
    expect(log).toEqual(['+one', '+bad', '+bad']);
    api.put(slicePath, urls('bad'));
    await clock.advance(1);
    expect(log.slice(3)).toEqual(['-one']);
    expect(
      api.requests.some(
        ({ path }) => path === '/services/apiexport/p/one/clusters/consumer/apis/example.com/v1/widgets',
      ),
    ).toBe(true);
    stop.abort();
    await running;
    expect(log.slice(4)).toEqual(['-bad']);
    expect(clock.pending).toBe(0);
  });
});

describe('leader election', () => {
  function candidate(identity: string, api: MemoryApi, clock: FakeClock) {
    const client = new DynamicClient(new RestClient({ transport: api, clock })).cluster('root');
    const elector = new LeaderElector({
      client,
      namespace: 'default',
      name: 'lease',
      identity,
      clock,
      random: () => 0,
    });
    const stop = new AbortController();
    const state = { leads: false, stop, outcome: undefined as Promise<unknown> | undefined };
    state.outcome = elector
      .run(async (signal) => {
        state.leads = true;
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        state.leads = false;
      }, stop.signal)
      .catch((error: unknown) => error);
    return state;
  }

  it('lets one lead at a time, and another at once when the lease is given up', async () => {
    const { api, clock } = scene();
    const one = candidate('one', api, clock);
    await clock.advance(1);
    const two = candidate('two', api, clock);
    await clock.advance(60_000);
    expect([one.leads, two.leads]).toEqual([true, false]);
    one.stop.abort();
    await settle();
    await clock.advance(2_000);
    expect([one.leads, two.leads]).toEqual([false, true]);
    expect(await one.outcome).toBeUndefined();
    two.stop.abort();
    await clock.advance(1);
    await two.outcome;
  });

  it('makes a leader that cannot renew step down before another takes over', async () => {
    const { api, clock } = scene();
    const one = candidate('one', api, clock);
    await clock.advance(1);
    const two = candidate('two', api, clock);
    await clock.advance(10_000);
    api.intercept = (request) =>
      request.method === 'PUT' && String(request.body).includes('"one"')
        ? Promise.reject(new Error('cut off'))
        : undefined;
    const both: boolean[] = [];
    for (let i = 0; i < 60; i++) {
      await clock.advance(500);
      both.push(one.leads && two.leads);
    }
    expect(both).not.toContain(true);
    expect([one.leads, two.leads]).toEqual([false, true]);
    expect(String(await one.outcome)).toContain('lost the lease');
    two.stop.abort();
    await clock.advance(1);
    await two.outcome;
  });

  it.each([24 * 3600_000, -24 * 3600_000])('is not disturbed by a clock that is set by %i ms', async (jumpMs) => {
    const { api, clock } = scene();
    const one = candidate('one', api, clock);
    await clock.advance(1);
    const two = candidate('two', api, clock);
    await clock.advance(30_000);
    clock.jump(jumpMs);
    const leading: boolean[][] = [];
    for (let i = 0; i < 60; i++) {
      await clock.advance(500);
      leading.push([one.leads, two.leads]);
    }
    expect(leading).toEqual(leading.map(() => [true, false]));
    one.stop.abort();
    await settle();
    await clock.advance(2_000);
    expect([one.leads, two.leads]).toEqual([false, true]);
    two.stop.abort();
    await clock.advance(1);
    await Promise.all([one.outcome, two.outcome]);
  });
});
