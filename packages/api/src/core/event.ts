import { described, message, wire, wireOptional } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { int32, microTime, string, time } from '../schema-dsl/scalars.ts';
import type { ObjectType } from '../schema-dsl/typed-schema.ts';
import { eventColumns } from './event-columns.ts';
import { eventSourceSchema } from './event-source.ts';
import { objectReferenceSchema } from './object-reference.ts';

const seriesSchema = message('io.k8s.api.core.v1.EventSeries', 'Tells that the event has happened again and again.', {
  count: wire(1, int32('How often it has happened, up to the last time observed.')),
  lastObservedTime: wire(2, microTime('When it happened last.')),
});

export const eventSchema = message(
  'io.k8s.api.core.v1.Event',
  'Something that has happened to an object, for people to read. Kept for a limited time.',
  {
    involvedObject: wire(2, described('The object that the event is about.', objectReferenceSchema)),
    reason: wire(3, string('Why it happened, as one short word for programs.')),
    message: wire(4, string('What happened, for people.')),
    source: wire(5, eventSourceSchema),
    firstTimestamp: wire(6, time('When it was first seen.')),
    lastTimestamp: wire(7, time('When it was last seen.')),
    count: wire(8, int32('How often it was seen.')),
    type: wire(9, string('Normal or Warning.')),
    eventTime: wire(10, microTime('When it happened first.')),
    series: wireOptional(11, seriesSchema),
    action: wire(12, string('What was done or failed, with regard to the object.')),
    related: wireOptional(13, described('A second object that has to do with it.', objectReferenceSchema)),
    reportingComponent: wire(14, string('Controller that reports, such as example.com/my-controller.')),
    reportingInstance: wire(15, string('Instance of the controller that reports.')),
  },
  { required: ['involvedObject'] },
);

export type Event = ObjectType<'v1', 'Event', typeof eventSchema>;

export const eventDeclaration = declareKind({
  group: '',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  scope: 'Namespaced',
  versions: [
    {
      name: 'v1',
      schema: eventSchema,
      columns: eventColumns,
      selectableFields: [
        '.involvedObject.kind',
        '.involvedObject.namespace',
        '.involvedObject.name',
        '.involvedObject.uid',
        '.involvedObject.apiVersion',
        '.involvedObject.resourceVersion',
        '.involvedObject.fieldPath',
        '.reason',
        '.reportingComponent',
        '.type',
      ],
    },
  ],
});
