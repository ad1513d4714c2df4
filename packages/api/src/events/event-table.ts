import type { KubeObject } from '@canopy/apimachinery';
import { eventFactCells } from '../core/event-table.ts';
import type { Cell } from '../tables/table-cells.ts';
import type { Event } from './event.ts';

/** The same cells for events of events.k8s.io, which are stored alike and only name their fields otherwise. */
export function eventsEventCells(object: KubeObject, now: number): Cell[] {
  const event = object as unknown as Event;
  return eventFactCells(
    {
      name: event.metadata.name,
      reference: event.regarding,
      first: event.deprecatedFirstTimestamp ?? event.eventTime,
      last: event.deprecatedLastTimestamp,
      count: event.deprecatedCount,
      series: event.series,
      type: event.type,
      reason: event.reason,
      source: event.deprecatedSource,
      message: event.note,
    },
    now,
  );
}
