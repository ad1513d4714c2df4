import type { KubeObject } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { DynamicClient } from '../dynamic/dynamic-client.ts';
import { RestClient } from '../rest/rest-client.ts';
import { FakeClock } from '../testing/fake-clock.ts';
import { MemoryApi } from '../testing/memory-api.ts';
import { isConditionTrue, withCondition } from './conditions.ts';
import { EventRecorder } from './event-recorder.ts';
import { ensureFinalizer, removeFinalizer } from './finalizers.ts';
import { controllerReference, withOwnerReference } from './owner-references.ts';
import { createOrPatch } from './write-object.ts';

function scene() {
  const api = new MemoryApi();
  const client = new DynamicClient(new RestClient({ transport: api })).cluster('a');
  const widgets = client.resource<KubeObject>({ group: 'example.com', version: 'v1', resource: 'widgets' });
  const widget: KubeObject = { apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w', namespace: 'ns' } };
  return { api, client, widgets, widget };
}

describe('finalizers', () => {
  it('are added once, and let a deleted object go when removed', async () => {
    const { api, widgets, widget } = scene();
    const created = await widgets.create(widget);
    const held = await ensureFinalizer(widgets, created, 'example.com/hold');
    expect(held.metadata.finalizers).toEqual(['example.com/hold']);
    expect(await ensureFinalizer(widgets, held, 'example.com/hold')).toBe(held);
    await expect(ensureFinalizer(widgets, created, 'example.com/other')).rejects.toMatchObject({ code: 409 });
    await widgets.namespace('ns').delete('w');
    const deleted = await widgets.namespace('ns').get('w');
    expect(await removeFinalizer(widgets, deleted, 'example.com/hold')).toBeUndefined();
    expect(api.objects.size).toBe(0);
  });
});

describe('createOrPatch', () => {
  it('creates, then writes only what differs', async () => {
    const { api, widgets, widget } = scene();
    const size = (value: number) => (object: KubeObject) => {
      object['spec'] = { size: value };
    };
    expect(await createOrPatch(widgets, widget, size(1))).toMatchObject({
      outcome: 'created',
      object: { spec: { size: 1 } },
    });
    expect((await createOrPatch(widgets, widget, size(1))).outcome).toBe('unchanged');
    expect(await createOrPatch(widgets, widget, size(2))).toMatchObject({
      outcome: 'patched',
      object: { spec: { size: 2 } },
    });
    expect(api.requests.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET', 'GET', 'PATCH']);
    expect(widget['spec']).toBeUndefined();
  });
});

describe('conditions', () => {
  it('keep their time of transition while their status does not change', async () => {
    const clock = new FakeClock();
    const before = withCondition([], { type: 'Ready', status: 'False', reason: 'Waiting' }, clock);
    await clock.advance(5_000);
    expect(withCondition(before, { type: 'Ready', status: 'False', reason: 'Waiting' }, clock)).toBe(before);
    const reworded = withCondition(before, { type: 'Ready', status: 'False', reason: 'Broken' }, clock);
    expect(reworded[0]?.lastTransitionTime).toBe(before[0]?.lastTransitionTime);
    const after = withCondition(reworded, { type: 'Ready', status: 'True' }, clock);
    expect(after[0]?.lastTransitionTime).not.toBe(before[0]?.lastTransitionTime);
    expect(isConditionTrue(after, 'Ready')).toBe(true);
    expect(after).toHaveLength(1);
  });
});

describe('owner references', () => {
  it('are replaced by uid, and let only one owner control', () => {
    const owner = (name: string) => ({ apiVersion: 'v1', kind: 'Owner', metadata: { name, uid: `uid-${name}` } });
    const first = withOwnerReference(undefined, controllerReference(owner('one')));
    expect(withOwnerReference(first, controllerReference(owner('one')))).toEqual(first);
    expect(() => withOwnerReference(first, controllerReference(owner('two')))).toThrow('controlled by Owner one');
  });
});

describe('an event recorder', () => {
  it('counts up an event that repeats itself, in the cluster of the object', async () => {
    const { api, client, widgets, widget } = scene();
    const created = await widgets.create(widget);
    const clock = new FakeClock();
    const recorder = new EventRecorder({ client: client.cluster('elsewhere'), component: 'test', clock });
    const note = { type: 'Warning', reason: 'Broken', message: 'it broke' } as const;
    for (let i = 0; i < 3; i++) {
      await recorder.record(created, note);
      await clock.advance(1_000);
    }
    await recorder.record(created, { ...note, reason: 'Other' });
    await clock.advance(601_000);
    await recorder.record(created, note);
    const events = [...api.objects.values()].filter(({ kind }) => kind === 'Event');
    expect(events.map((event) => [event['reason'], event['count']])).toEqual([
      ['Broken', 3],
      ['Other', 1],
      ['Broken', 1],
    ]);
    expect(events[0]?.metadata).toMatchObject({ namespace: 'ns', annotations: { 'kcp.io/cluster': 'a' } });
  });
});
