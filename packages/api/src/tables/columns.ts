import type { PrinterColumn } from '@canopy/apimachinery';

/** A column whose cells come from the kind's entry in `tableCells`; its JSONPath is empty. */
export function computedColumn(
  name: string,
  description: string,
  type: PrinterColumn['type'] = 'string',
): PrinterColumn {
  return { name, type, jsonPath: '', description };
}

/** Like {@link computedColumn}, shown with `-o wide` only. */
export function wideColumn(name: string, description: string, type: PrinterColumn['type'] = 'string'): PrinterColumn {
  return { name, type, jsonPath: '', description, priority: 1 };
}

const ageDescription = 'How long ago the object was created.';

/** AGE as the built-in kinds have it: a cell made by the server. */
export const computedAgeColumn: PrinterColumn = computedColumn('Age', ageDescription);

/** AGE as custom resources have it. */
export const ageColumn: PrinterColumn = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: ageDescription,
};

/** CREATED AT, of kinds that Kubernetes has no columns for. */
export const createdAtColumn: PrinterColumn = {
  name: 'Created At',
  type: 'date',
  jsonPath: '',
  description: 'When the object was created.',
};
