import { atomicList, message, wire, wireOptional } from '../schema-dsl/composites.ts';
import { boolean, int64, string } from '../schema-dsl/scalars.ts';
import type { Infer } from '../schema-dsl/typed-schema.ts';

const metaV1 = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** metav1.DeleteOptions, the body of a DELETE. */
export const deleteOptionsSchema = message(`${metaV1}.DeleteOptions`, 'How an object is deleted.', {
  gracePeriodSeconds: wireOptional(1, int64('How long the object may take to end. 0 means at once.')),
  preconditions: wireOptional(
    2,
    message(`${metaV1}.Preconditions`, 'What must be true, or the request fails with 409 Conflict.', {
      uid: wireOptional(1, string('UID that the object must have.')),
      resourceVersion: wireOptional(2, string('Resource version that the object must have.')),
    }),
  ),
  orphanDependents: wireOptional(3, boolean('Not to be used any more: use propagationPolicy.')),
  propagationPolicy: wireOptional(
    4,
    string('What happens to objects that this one owns: Orphan, Background or Foreground.'),
  ),
  dryRun: wire(5, atomicList('["All"]: everything is checked, and nothing is done.', string('All.'))),
  ignoreStoreReadErrorWithClusterBreakingPotential: wireOptional(
    6,
    boolean('Whether an object that cannot be read any more is deleted all the same. Dangerous.'),
  ),
});

export type DeleteOptions = Infer<typeof deleteOptionsSchema>;
