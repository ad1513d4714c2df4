import { atomicList, message, wire, wireOptional } from '../schema-dsl/composites.ts';
import { int32, string } from '../schema-dsl/scalars.ts';
import { listMetaMessageSchema } from './object-meta.ts';

const metaV1 = 'io.k8s.apimachinery.pkg.apis.meta.v1';

const causeSchema = message(`${metaV1}.StatusCause`, 'One of several things that went wrong.', {
  reason: wire(1, string('What kind of error it is, as one word.')),
  message: wire(2, string('What went wrong, for people.')),
  field: wire(3, string('Path of the field that is wrong, such as items[0].name.')),
});

const detailsSchema = message(`${metaV1}.StatusDetails`, 'More about the object and the reason.', {
  name: wire(1, string('Name of the object.')),
  group: wire(2, string('API group of the object.')),
  kind: wire(3, string('Kind or resource of the object.')),
  uid: wire(6, string('UID of the object.')),
  causes: wire(4, atomicList('Everything that went wrong.', causeSchema)),
  retryAfterSeconds: wire(5, int32('After how many seconds the request should be made again.')),
});

/** metav1.Status, the answer to requests that fail, and to some that have nothing else to say. */
export const statusSchema = message(`${metaV1}.Status`, 'The outcome of a request.', {
  metadata: wire(1, listMetaMessageSchema),
  status: wire(2, string('Success or Failure.')),
  message: wire(3, string('What happened, for people.')),
  reason: wire(4, string('Why it happened, as one word for programs.')),
  details: wireOptional(5, detailsSchema),
  code: wire(6, int32('HTTP status code.')),
});
