import type { KubeObject } from '@canopy/apimachinery';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convertEvent, storedEventVersion } from './event-conversion.ts';

const event = (): KubeObject => ({
  apiVersion: 'events.k8s.io/v1',
  kind: 'Event',
  metadata: { name: 'e', namespace: 'default' },
  eventTime: '2026-01-02T03:04:05.000000Z',
  regarding: { kind: 'Pod', name: 'p', namespace: 'default' },
  note: 'started',
  reportingController: 'example.com/c',
  deprecatedCount: 3,
});

describe('convertEvent', () => {
  it('stores events of both APIs in the form of core/v1', () => {
    expect(convertEvent(event(), storedEventVersion)).toEqual({
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'e', namespace: 'default' },
      eventTime: '2026-01-02T03:04:05.000000Z',
      involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' },
      message: 'started',
      reportingComponent: 'example.com/c',
      count: 3,
    });
  });

  it('loses nothing on the way there and back', () => {
    const fields = [
      'regarding',
      'note',
      'deprecatedSource',
      'deprecatedCount',
      'reportingController',
      'reason',
      'type',
    ];
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...fields), fc.jsonValue()), (extra) => {
        const object = {
          apiVersion: 'events.k8s.io/v1',
          kind: 'Event',
          metadata: { name: 'e' },
          ...extra,
        } as KubeObject;
        const copy = structuredClone(object);
        expect(convertEvent(convertEvent(copy, storedEventVersion), 'v1')).toEqual(object);
      }),
    );
  });
});
