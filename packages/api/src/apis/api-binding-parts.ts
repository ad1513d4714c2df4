import type { PrinterColumn } from '@canopy/apimachinery';
import { listMap, object, setList } from '../schema-dsl/composites.ts';
import { oneOfStrings, string } from '../schema-dsl/scalars.ts';
import type { Infer } from '../schema-dsl/typed-schema.ts';
import { ageColumn } from '../tables/columns.ts';

const boundResourceSchema = object(
  'One resource that the binding brings.',
  {
    group: string('API group of the resource. Empty for the core group.'),
    resource: string('Name of the resource, in the plural.'),
    schema: object(
      'The APIResourceSchema that is served.',
      {
        name: string('Name of the schema.', { minLength: 1 }),
        UID: string('UID of the schema.', { minLength: 1 }),
        identityHash: string('Identity of the APIExport.', { minLength: 1 }),
      },
      { required: ['UID', 'identityHash', 'name'] },
    ),
    storageVersions: setList('Versions in which objects may have been stored.', string('A version.')),
  },
  { required: ['group', 'resource', 'schema'] },
);

export const boundResourcesSchema = listMap(
  ['group', 'resource'],
  'The resources that are bound.',
  boundResourceSchema,
);

export const bindingPhaseSchema = oneOfStrings(
  'Empty at first, then Binding until the APIs were served for the first time, then Bound for good.',
  ['', 'Binding', 'Bound'],
);

export const apiExportClusterName = string('Logical cluster that the APIExport was found in.');

export const apiBindingColumns: readonly PrinterColumn[] = [
  ageColumn,
  {
    name: 'Ready',
    type: 'string',
    jsonPath: '.status.conditions[?(@.type=="Ready")].status',
    description: 'Whether the APIs are bound.',
  },
];

export type BoundAPIResource = Infer<typeof boundResourceSchema>;
export type APIBindingPhase = Infer<typeof bindingPhaseSchema>;
