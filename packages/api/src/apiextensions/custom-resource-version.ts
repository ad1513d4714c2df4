import { atomicList, message, wire, wireOptional } from '../schema-dsl/composites.ts';
import { boolean, int32, string } from '../schema-dsl/scalars.ts';
import type { Infer } from '../schema-dsl/typed-schema.ts';
import { jsonSchemaPropsSchema } from './json-schema-props.ts';

const apiextensionsV1 = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

const columnSchema = message(
  `${apiextensionsV1}.CustomResourceColumnDefinition`,
  'A column of kubectl get.',
  {
    name: wire(1, string('Head of the column.')),
    type: wire(2, string('Type of the values: integer, number, string, boolean or date.')),
    format: wire(3, string('Format of the values, as in OpenAPI.')),
    description: wire(4, string('What the column shows.')),
    priority: wire(5, int32('0 for columns that are always shown, greater for those shown in wide output only.')),
    jsonPath: wire(6, string('Where in the object the value is.')),
  },
  { required: ['name', 'type', 'jsonPath'] },
);

const scaleSchema = message(
  `${apiextensionsV1}.CustomResourceSubresourceScale`,
  'The number of replicas is read and written under /scale.',
  {
    specReplicasPath: wire(1, string('Where in the object the wanted number is.')),
    statusReplicasPath: wire(2, string('Where in the object the present number is.')),
    labelSelectorPath: wireOptional(3, string('Where in the object the label selector of the replicas is, as text.')),
  },
  { required: ['specReplicasPath', 'statusReplicasPath'] },
);

const subresourcesSchema = message(`${apiextensionsV1}.CustomResourceSubresources`, 'Subresources of each object.', {
  status: wireOptional(
    1,
    message(
      `${apiextensionsV1}.CustomResourceSubresourceStatus`,
      'The status is written under /status, and there only.',
      {},
    ),
  ),
  scale: wireOptional(2, scaleSchema),
});

/** apiextensions/v1.CustomResourceDefinitionVersion. */
export const customResourceVersionSchema = message(
  `${apiextensionsV1}.CustomResourceDefinitionVersion`,
  'One version of the resource.',
  {
    name: wire(1, string('Name of the version, such as v1 or v1beta1.')),
    served: wire(2, boolean('Whether the version can be used.')),
    storage: wire(3, boolean('Whether objects are stored in this version. True for exactly one.')),
    schema: wireOptional(
      4,
      message(`${apiextensionsV1}.CustomResourceValidation`, 'What objects must look like.', {
        openAPIV3Schema: wireOptional(1, jsonSchemaPropsSchema),
      }),
    ),
    subresources: wireOptional(5, subresourcesSchema),
    additionalPrinterColumns: wire(6, atomicList('Columns of kubectl get. Default: the age.', columnSchema)),
    deprecated: wire(7, boolean('Whether users of the version are warned.')),
    deprecationWarning: wireOptional(8, string('The warning, if it is not the usual one.')),
    selectableFields: wire(
      9,
      atomicList(
        'Fields that objects can be selected by.',
        message(
          `${apiextensionsV1}.SelectableField`,
          'One field.',
          { jsonPath: wire(1, string('Where in the object the field is.')) },
          { required: ['jsonPath'] },
        ),
      ),
    ),
  },
  { required: ['name', 'served', 'storage'] },
);

export type CustomResourceDefinitionVersion = Infer<typeof customResourceVersionSchema>;
