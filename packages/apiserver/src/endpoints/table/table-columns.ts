import { compileJsonPath, type KubeObject, objectMetaSchema, type PrinterColumn } from '@canopy/apimachinery';
import type { ServedVersion } from '../../registry/served-resource.ts';

/** metav1.TableColumnDefinition. */
export interface TableColumnDefinition {
  name: string;
  type: string;
  format: string;
  description: string;
  priority: number;
}

export interface TableColumns {
  /** Name first, unless the declared columns have a name among them, then the declared columns. */
  definitions: readonly TableColumnDefinition[];
  nameFirst: boolean;
  /** The declared columns with their getters, in the same order. */
  cells: readonly CompiledColumn[];
}

export interface CompiledColumn {
  type: PrinterColumn['type'];
  value(object: KubeObject): unknown;
  /** The age column of metadata.creationTimestamp says `<unknown>` where others are empty. */
  isAge: boolean;
}

const creationTimestampPath = '.metadata.creationTimestamp';

const nameDefinition: TableColumnDefinition = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: objectMetaSchema.properties?.name?.description ?? '',
  priority: 0,
};

/** What a version without printer columns shows besides the name. */
const ageColumn: PrinterColumn = {
  name: 'Age',
  type: 'date',
  jsonPath: creationTimestampPath,
  description: objectMetaSchema.properties?.creationTimestamp?.description ?? '',
};

const compiled = new WeakMap<ServedVersion, TableColumns>();

/** Columns of a version, compiled once. */
export function tableColumnsOf(version: ServedVersion): TableColumns {
  let columns = compiled.get(version);
  if (columns === undefined) {
    columns = compileColumns(version.columns.length === 0 ? [ageColumn] : version.columns);
    compiled.set(version, columns);
  }
  return columns;
}

function compileColumns(columns: readonly PrinterColumn[]): TableColumns {
  const nameFirst = !columns.some((column) => column.format === 'name');
  const declared = columns.map(definitionOf);
  return {
    definitions: nameFirst ? [nameDefinition, ...declared] : declared,
    nameFirst,
    cells: columns.map((column) => ({
      type: column.type,
      value: column.jsonPath === '' ? computed : compileJsonPath(column.jsonPath),
      isAge: column.type === 'date' && column.jsonPath === creationTimestampPath,
    })),
  };
}

/** Getter of columns that only the kind's strategy can fill. */
const computed = (): undefined => undefined;

function definitionOf(column: PrinterColumn): TableColumnDefinition {
  return {
    name: column.name,
    type: column.type,
    format: column.format ?? '',
    description: column.description ?? `Custom resource definition column (in JSONPath format): ${column.jsonPath}`,
    priority: column.priority ?? 0,
  };
}
