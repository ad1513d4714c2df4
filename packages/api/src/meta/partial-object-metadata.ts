import { list, message, wire } from '../schema-dsl/composites.ts';
import { listMetaMessageSchema, objectMetaMessageSchema } from './object-meta.ts';

const metaV1 = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** metav1.PartialObjectMetadata: any object without what is particular to its kind. */
export const partialObjectMetadataSchema = message(`${metaV1}.PartialObjectMetadata`, 'The metadata of an object.', {
  metadata: wire(1, objectMetaMessageSchema),
});

/** metav1.PartialObjectMetadataList. */
export const partialObjectMetadataListSchema = message(
  `${metaV1}.PartialObjectMetadataList`,
  'The metadata of several objects.',
  {
    metadata: wire(1, listMetaMessageSchema),
    items: wire(2, list('The objects.', partialObjectMetadataSchema)),
  },
  { required: ['items'] },
);
