import type { KubeObject } from '@canopy/apimachinery';
import { ageOf } from '../tables/age.ts';
import type { Cell } from '../tables/table-cells.ts';
import type { Event } from './event.ts';
import type { EventSource } from './event-source.ts';
import type { ObjectReference } from './object-reference.ts';

/** Cells of Last Seen, Type, Reason, Object, Subobject, Source, Message, First Seen, Count, Name; for core events. */
export function eventCells(object: KubeObject, now: number): Cell[] {
  const event = object as unknown as Event;
  return eventFactCells(
    {
      name: event.metadata.name,
      reference: event.involvedObject,
      first: event.firstTimestamp ?? event.eventTime,
      last: event.lastTimestamp,
      count: event.count,
      series: event.series,
      type: event.type,
      reason: event.reason,
      source: event.source,
      message: event.message,
    },
    now,
  );
}

/** What both forms of an event tell, under common names. */
export interface EventFacts {
  name: string | undefined;
  reference: ObjectReference | undefined;
  first: string | undefined;
  last: string | undefined;
  count: number | undefined;
  series: { count?: number; lastObservedTime?: string } | undefined;
  type: string | undefined;
  reason: string | undefined;
  source: EventSource | undefined;
  message: string | undefined;
}

/** The cells of either form. */
export function eventFactCells(event: EventFacts, now: number): Cell[] {
  const first = ageOf(event.first, now);
  const { series } = event;
  let last = event.last === undefined || event.last === null ? first : ageOf(event.last, now);
  // An event of the newer API that happened once has no count.
  let count = event.count === undefined || event.count === 0 ? 1 : event.count;
  if (series !== undefined && series !== null) {
    last = ageOf(series.lastObservedTime, now);
    count = series.count ?? 0;
  }
  return [
    last,
    event.type ?? '',
    event.reason ?? '',
    targetOf(event.reference),
    event.reference?.fieldPath ?? '',
    sourceOf(event.source),
    (event.message ?? '').trim(),
    first,
    count,
    event.name ?? '',
  ];
}

function targetOf(reference: ObjectReference | undefined): string {
  const kind = (reference?.kind ?? '').toLowerCase();
  const name = reference?.name ?? '';
  return name === '' ? kind : `${kind}/${name}`;
}

function sourceOf(source: EventSource | undefined): string {
  const component = source?.component ?? '';
  const host = source?.host ?? '';
  return host === '' ? component : `${component}, ${host}`;
}
