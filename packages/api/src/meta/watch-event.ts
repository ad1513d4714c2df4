import { message, wire } from '../schema-dsl/composites.ts';
import { anyJson, string } from '../schema-dsl/scalars.ts';

/** metav1.WatchEvent. */
export const watchEventSchema = message(
  'io.k8s.apimachinery.pkg.apis.meta.v1.WatchEvent',
  'One change of an object.',
  {
    type: wire(1, string('ADDED, MODIFIED, DELETED, BOOKMARK or ERROR.')),
    object: wire(
      2,
      anyJson('io.k8s.apimachinery.pkg.runtime.RawExtension', 'The object as it is now, or was last; or a Status.'),
    ),
  },
  { required: ['type', 'object'] },
);
