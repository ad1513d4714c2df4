import { atomicList, described, listMap, message, wire, wireOptional } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { boolean, int64, string, time } from '../schema-dsl/scalars.ts';
import type { Infer, ObjectType } from '../schema-dsl/typed-schema.ts';
import { createdAtColumn } from '../tables/columns.ts';
import { customResourceConversionSchema } from './custom-resource-conversion.ts';
import { customResourceVersionSchema } from './custom-resource-version.ts';

const apiextensionsV1 = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

const namesSchema = message(
  `${apiextensionsV1}.CustomResourceDefinitionNames`,
  'The names of the resource.',
  {
    plural: wire(1, string('Name in URLs. The name of the definition is this, a dot, and the group.')),
    singular: wire(2, string('Name for one object on the command line. Default: the kind in lower case.')),
    shortNames: wire(3, atomicList('Short names for the command line.', string('A short name.'))),
    kind: wire(4, string('Kind of one object.')),
    listKind: wire(5, string('Kind of a list of objects. Default: the kind and List.')),
    categories: wire(
      6,
      atomicList('Groups of resources that this one belongs to, such as all.', string('A category.')),
    ),
  },
  { required: ['plural', 'kind'] },
);

const specSchema = message(
  `${apiextensionsV1}.CustomResourceDefinitionSpec`,
  'What the resource is like.',
  {
    group: wire(1, string('API group of the resource.')),
    names: wire(3, namesSchema),
    scope: wire(4, string('Cluster or Namespaced.')),
    versions: wire(7, atomicList('The versions of the resource.', customResourceVersionSchema)),
    conversion: wireOptional(9, customResourceConversionSchema),
    preserveUnknownFields: wire(10, boolean('Must be false: use x-kubernetes-preserve-unknown-fields in the schema.')),
  },
  { required: ['group', 'names', 'scope', 'versions'] },
);

const conditionSchema = message(
  `${apiextensionsV1}.CustomResourceDefinitionCondition`,
  'One aspect of the state of the definition.',
  {
    type: wire(
      1,
      string('What the condition is about: Established, NamesAccepted, NonStructuralSchema, Terminating …'),
    ),
    status: wire(2, string('True, False or Unknown.')),
    lastTransitionTime: wire(3, time('When the status last changed.')),
    reason: wire(4, string('Why the condition is as it is, as one word for programs.')),
    message: wire(5, string('Why the condition is as it is, for people.')),
    observedGeneration: wire(6, int64('Generation of the definition that the condition is about.')),
  },
  { required: ['type', 'status'] },
);

const statusSchema = message(`${apiextensionsV1}.CustomResourceDefinitionStatus`, 'The state of the definition.', {
  conditions: wire(1, listMap(['type'], 'What is known about the state of the definition.', conditionSchema)),
  acceptedNames: wire(2, described('The names that are in use. They may differ from those wanted.', namesSchema)),
  storedVersions: wire(3, atomicList('Versions in which objects may have been stored.', string('A version.'))),
  observedGeneration: wire(4, int64('Generation of the definition that was last seen.')),
});

export const customResourceDefinitionSchema = message(
  `${apiextensionsV1}.CustomResourceDefinition`,
  'Adds a resource to the API. Its name is the plural, a dot, and the group.',
  { spec: wire(2, specSchema), status: wire(3, statusSchema) },
  { required: ['spec'] },
);

export type CustomResourceDefinition = ObjectType<
  'apiextensions.k8s.io/v1',
  'CustomResourceDefinition',
  typeof customResourceDefinitionSchema
>;
export type CustomResourceDefinitionNames = Infer<typeof namesSchema>;
export type CustomResourceDefinitionCondition = Infer<typeof conditionSchema>;

export const customResourceDefinitionDeclaration = declareKind({
  group: 'apiextensions.k8s.io',
  kind: 'CustomResourceDefinition',
  plural: 'customresourcedefinitions',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  scope: 'Cluster',
  versions: [{ name: 'v1', schema: customResourceDefinitionSchema, status: true, columns: [createdAtColumn] }],
});
