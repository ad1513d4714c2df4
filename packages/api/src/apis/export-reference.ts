import { object } from '../schema-dsl/composites.ts';
import { string } from '../schema-dsl/scalars.ts';
import type { Infer } from '../schema-dsl/typed-schema.ts';
import { pathString } from '../tenancy/workspace-path.ts';

/** Reference to an APIExport in some workspace. */
export const exportReferenceSchema = object(
  'The APIExport.',
  {
    path: pathString('Path or logical cluster that the APIExport is in. Empty means the same workspace.'),
    name: string('Name of the APIExport.'),
  },
  { required: ['name'] },
);

export type ExportBindingReference = Infer<typeof exportReferenceSchema>;

/** The rule of fields that hold such a reference. */
export const exportReferenceIsFixed = { rule: 'self == oldSelf', message: 'APIExport reference must not be changed' };
