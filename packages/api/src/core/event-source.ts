import { message, wire } from '../schema-dsl/composites.ts';
import { string } from '../schema-dsl/scalars.ts';
import type { Infer } from '../schema-dsl/typed-schema.ts';

/** v1.EventSource. */
export const eventSourceSchema = message('io.k8s.api.core.v1.EventSource', 'Who reports an event.', {
  component: wire(1, string('Program that reports.')),
  host: wire(2, string('Machine that the program runs on.')),
});

export type EventSource = Infer<typeof eventSourceSchema>;
