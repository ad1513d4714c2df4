import { atomicList, mapOf, message, wire } from '../schema-dsl/composites.ts';
import { string } from '../schema-dsl/scalars.ts';

const metaV1 = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** metav1.LabelSelectorRequirement. */
export const labelSelectorRequirementSchema = message(
  `${metaV1}.LabelSelectorRequirement`,
  'One condition on the labels of an object.',
  {
    key: wire(1, string('Label key that the condition is about.')),
    operator: wire(2, string('How the key relates to the values: In, NotIn, Exists or DoesNotExist.')),
    values: wire(
      3,
      atomicList(
        'Values to compare with. Needed for In and NotIn; must be empty for Exists and DoesNotExist.',
        string('A label value.'),
      ),
    ),
  },
  { required: ['key', 'operator'] },
);

/** metav1.LabelSelector. */
export const labelSelectorSchema = message(
  `${metaV1}.LabelSelector`,
  'Selects objects by their labels. All conditions have to hold; an empty selector matches every object.',
  {
    matchLabels: wire(1, mapOf('Labels that must be there with exactly these values.', string('A label value.'))),
    matchExpressions: wire(
      2,
      atomicList('Further conditions, all of which must hold.', labelSelectorRequirementSchema),
    ),
  },
  { 'x-kubernetes-map-type': 'atomic' },
);

/** metav1.FieldSelectorRequirement. */
export const fieldSelectorRequirementSchema = message(
  `${metaV1}.FieldSelectorRequirement`,
  'One condition on a field of an object.',
  {
    key: wire(1, string('Path of the field.')),
    operator: wire(2, string('How the field relates to the values: In, NotIn, Exists or DoesNotExist.')),
    values: wire(3, atomicList('Values to compare with, for In and NotIn.', string('A field value.'))),
  },
  { required: ['key', 'operator'] },
);
