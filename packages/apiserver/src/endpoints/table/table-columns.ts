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
  /** Name first, then the declared columns. */
  definitions: readonly TableColumnDefinition[];
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
  return {
    definitions: [nameDefinition, ...columns.map(definitionOf)],
    cells: columns.map((column) => ({
      type: column.type,
      value: compileJsonPath(column.jsonPath),
      isAge: column.type === 'date' && column.jsonPath === creationTimestampPath,
    })),
  };
}

function definitionOf(column: PrinterColumn): TableColumnDefinition {
  return {
    name: column.name,
    type: column.type,
    format: column.format ?? '',
    description: column.description ?? `Custom resource definition column (in JSONPath format): ${column.jsonPath}`,
    priority: column.priority ?? 0,
  };
}
