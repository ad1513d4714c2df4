import { eventColumns } from '../core/event-columns.ts';
import { eventSourceSchema } from '../core/event-source.ts';
import { objectReferenceSchema } from '../core/object-reference.ts';
import { described, message, wire, wireOptional } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { int32, microTime, string, time } from '../schema-dsl/scalars.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';

const seriesSchema = message(
  'io.k8s.api.events.v1.EventSeries',
  'Tells that the event has happened again and again.',
  {
    count: wire(1, int32('How often it has happened, up to the last time observed.')),
    lastObservedTime: wire(2, microTime('When it happened last.')),
  },
  { required: ['count', 'lastObservedTime'] },
);

export const eventsEventSchema = message(
  'io.k8s.api.events.v1.Event',
  'Something that has happened to an object, for people to read. Kept for a limited time.',
  {
    eventTime: wire(2, microTime('When it happened first.')),
    series: wireOptional(3, seriesSchema),
    reportingController: wire(4, string('Controller that reports, such as example.com/my-controller.')),
    reportingInstance: wire(5, string('Instance of the controller that reports.')),
    action: wire(6, string('What was done or failed, with regard to the object.')),
    reason: wire(7, string('Why the action was taken, as one short word for programs.')),
    regarding: wire(8, described('The object that the event is about.', objectReferenceSchema)),
    related: wireOptional(9, described('A second object that has to do with it.', objectReferenceSchema)),
    note: wire(10, string('What happened, for people.')),
    type: wire(11, string('Normal or Warning.')),
    deprecatedSource: wire(12, described('Who reports, in the form of core events.', eventSourceSchema)),
    deprecatedFirstTimestamp: wire(13, time('When it was first seen, in the form of core events.')),
    deprecatedLastTimestamp: wire(14, time('When it was last seen, in the form of core events.')),
    deprecatedCount: wire(15, int32('How often it was seen, in the form of core events.')),
  },
  { required: ['eventTime'] },
);

export type Event = ObjectType<'events.k8s.io/v1', 'Event', typeof eventsEventSchema>;

export const eventsEventDeclaration = declareKind({
  group: 'events.k8s.io',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1',
      schema: eventsEventSchema,
      columns: eventColumns,
      selectableFields: [
        '.regarding.kind',
        '.regarding.namespace',
        '.regarding.name',
        '.regarding.uid',
        '.regarding.apiVersion',
        '.regarding.resourceVersion',
        '.regarding.fieldPath',
        '.reason',
        '.reportingController',
        '.type',
      ],
    },
  ],
});
