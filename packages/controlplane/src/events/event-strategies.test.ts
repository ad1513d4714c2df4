import type { KubeObject } from '@canopy/apimachinery';
import { describe, expect, it } from 'vitest';
import { coreEventStrategy, eventsEventStrategy } from './event-strategies.ts';

const none = undefined as never;
const event = (fields: object): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'e', namespace: 'team' },
  involvedObject: { kind: 'ConfigMap', namespace: 'team', name: 'c' },
  ...fields,
});
const modern = {
  eventTime: '2026-01-02T03:04:05.000000Z',
  reportingComponent: 'example.com/c',
  reportingInstance: 'c-0',
  action: 'Starting',
  reason: 'Started',
  type: 'Normal',
};

describe('events', () => {
  it('live one hour', () => {
    expect(coreEventStrategy.timeToLiveSeconds?.(event({}))).toBe(3600);
  });

  it('lie in the namespace of what they are about, or in default', () => {
    const errors = (object: KubeObject) => coreEventStrategy.validateCreate?.(object, none).map((e) => e.field);
    expect(errors(event({}))).toEqual([]);
    expect(errors(event({ involvedObject: { namespace: 'other' } }))).toEqual(['involvedObject.namespace']);
    expect(errors(event({ involvedObject: { kind: 'Namespace' } }))).toEqual(['involvedObject.namespace']);
    expect(
      errors({ ...event({ involvedObject: { kind: 'Namespace' } }), metadata: { name: 'e', namespace: 'default' } }),
    ).toEqual([]);
  });

  it('must tell who reports what when they come through events.k8s.io', () => {
    const errors = (fields: object) => eventsEventStrategy.validateCreate?.(event(fields), none).map((e) => e.field);
    expect(errors(modern)).toEqual([]);
    expect(errors({ ...modern, action: '', count: 2 })).toEqual(['action', 'deprecatedCount']);
    expect(errors({ ...modern, type: 'Odd' })).toEqual(['type']);
  });

  it('may get a series through events.k8s.io, but no other reason', () => {
    const old = event(modern);
    const series = { count: 2, lastObservedTime: modern.eventTime };
    expect(eventsEventStrategy.validateUpdate?.(event({ ...modern, series }), old, none)).toEqual([]);
    expect(
      eventsEventStrategy.validateUpdate?.(event({ ...modern, reason: 'x' }), old, none).map((e) => e.field),
    ).toEqual(['reason']);
  });

  it('are selectable by their source, which is the reporter when none is named', () => {
    const source = coreEventStrategy.selectableFields?.source;
    expect(source?.(event({ source: { component: 'kubelet' } }))).toBe('kubelet');
    expect(source?.(event(modern))).toBe('example.com/c');
    expect(eventsEventStrategy.selectableFields?.['regarding.name']?.(event({}))).toBe('c');
  });
});
