import { anyObject, atomicList, listMap, object } from '../schema-dsl/composites.ts';
import { declareKind } from '../schema-dsl/declare-kind.ts';
import { boolean, bytes, int32, oneOfStrings, string } from '../schema-dsl/scalars.ts';
import type { Infer, ObjectType } from '../schema-dsl/typed-schema.ts';
import { ageColumn } from '../tables/columns.ts';

const namesSchema = object(
  'The names of the resource.',
  {
    plural: string('Name in URLs.'),
    singular: string('Name for one object on the command line.'),
    shortNames: atomicList('Short names for the command line.', string('A short name.')),
    kind: string('Kind of one object.'),
    listKind: string('Kind of a list of objects.'),
    categories: atomicList('Groups of resources that this one belongs to, such as all.', string('A category.')),
  },
  { required: ['kind', 'plural'] },
);

const printerColumnSchema = object(
  'A column of kubectl get.',
  {
    name: string('Head of the column.'),
    type: string('Type of the values: integer, number, string, boolean or date.'),
    format: string('Format of the values, as in OpenAPI.'),
    description: string('What the column shows.'),
    priority: int32('0 for columns that are always shown, greater for those shown in wide output only.'),
    jsonPath: string('Where in the object the value is.'),
  },
  { required: ['jsonPath', 'name', 'type'] },
);

const subresourcesSchema = object('Subresources of each object.', {
  status: object('The status is written under /status, and there only.', {}),
  scale: object(
    'The number of replicas is read and written under /scale.',
    {
      specReplicasPath: string('Where in the object the wanted number is.'),
      statusReplicasPath: string('Where in the object the present number is.'),
      labelSelectorPath: string('Where in the object the label selector of the replicas is.'),
    },
    { required: ['specReplicasPath', 'statusReplicasPath'] },
  ),
});

const versionSchema = object(
  'One version of the resource.',
  {
    name: string('Name of the version, such as v1 or v1beta1.', {
      minLength: 1,
      pattern: '^v[1-9][0-9]*([a-z]+[1-9][0-9]*)?$',
    }),
    served: boolean('Whether the version can be used.', { default: true }),
    storage: boolean('Whether objects are stored in this version. True for exactly one.'),
    deprecated: boolean('Whether users of the version are warned.'),
    deprecationWarning: string('The warning, if it is not the usual one.'),
    schema: anyObject('OpenAPI v3 schema of the objects, in the structural form that custom resources need.', {
      'x-kubernetes-map-type': 'atomic',
    }),
    subresources: subresourcesSchema,
    additionalPrinterColumns: listMap(['name'], 'Columns of kubectl get. Default: the age.', printerColumnSchema),
    selectableFields: atomicList(
      'Fields that objects can be selected by.',
      object('One field.', { jsonPath: string('Where in the object the field is.') }, { required: ['jsonPath'] }),
    ),
  },
  { required: ['name', 'schema', 'served', 'storage'] },
);

const conversionSchema = object(
  'How objects are converted between versions. Needed if there are several.',
  {
    strategy: oneOfStrings('None: only apiVersion is changed. Webhook: a webhook converts.', ['None', 'Webhook']),
    webhook: object(
      'The webhook.',
      {
        clientConfig: object('How the webhook is called.', {
          url: string('URL of the webhook.', { format: 'uri' }),
          caBundle: bytes('Certificates, in PEM, that the webhook is verified with. Default: those of the system.'),
        }),
        conversionReviewVersions: atomicList(
          'Versions of ConversionReview that the webhook understands, best first.',
          string('A version.'),
        ),
      },
      { required: ['conversionReviewVersions'] },
    ),
  },
  {
    required: ['strategy'],
    'x-kubernetes-validations': [
      {
        rule: "(self.strategy == 'None' && !has(self.webhook))  || (self.strategy == 'Webhook' && has(self.webhook))",
        message: 'Webhook must be specified if strategy=Webhook',
      },
    ],
  },
);

export const apiResourceSchemaSchema = object(
  'Describes one resource, to be exported by an APIExport. Cannot be changed: a new one takes its place.',
  {
    spec: object(
      'The description of the resource.',
      {
        group: string('API group of the resource. Empty for the core group.'),
        names: namesSchema,
        scope: oneOfStrings('Whether objects are in a namespace.', ['Cluster', 'Namespaced']),
        nameValidation: oneOfStrings(
          'What names of objects may be: DNS subdomains, or anything that fits into one part of a URL path.',
          ['DNS1123Subdomain', 'PathSegmentName'],
          { default: 'DNS1123Subdomain' },
        ),
        versions: listMap(['name'], 'The versions of the resource.', versionSchema, { minItems: 1 }),
        conversion: conversionSchema,
      },
      {
        required: ['group', 'names', 'scope', 'versions'],
        'x-kubernetes-validations': [
          {
            rule: 'size(self.versions) == 1 || (size(self.versions) > 1 && has(self.conversion))',
            message: 'Conversion must be specified when multiple versions exist',
          },
        ],
      },
    ),
  },
);

export type APIResourceSchema = ObjectType<'apis.kcp.io/v1alpha1', 'APIResourceSchema', typeof apiResourceSchemaSchema>;
export type APIResourceVersion = Infer<typeof versionSchema>;

export const apiResourceSchemaDeclaration = declareKind({
  group: 'apis.kcp.io',
  kind: 'APIResourceSchema',
  plural: 'apiresourceschemas',
  categories: ['kcp'],
  scope: 'Cluster',
  versions: [{ name: 'v1alpha1', schema: apiResourceSchemaSchema, columns: [ageColumn] }],
});
