import { list, object } from '../schema-dsl/composites.ts';
import { string, time } from '../schema-dsl/scalars.ts';
import type { Infer } from '../schema-dsl/typed-schema.ts';

/** One condition in the shape that all kcp kinds use; it has a severity, and no observed generation. */
export const conditionSchema = object(
  'One aspect of the state of an object.',
  {
    type: string('What the condition is about, such as Ready.'),
    status: string('True, False or Unknown.'),
    severity: string('How bad it is that the status is False: Error, Warning or Info. Empty otherwise.'),
    lastTransitionTime: time('When the status last changed.'),
    reason: string('Why the condition is as it is, as one word for programs.'),
    message: string('Why the condition is as it is, for people.'),
  },
  { required: ['lastTransitionTime', 'status', 'type'] },
);

export const conditionsSchema = list('What is known about the state of the object.', conditionSchema);

export type Condition = Infer<typeof conditionSchema>;
