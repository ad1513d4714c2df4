import type { KubeObject, ListMeta } from '@canopy/apimachinery';
import type { ServedResource } from '../../registry/served-resource.ts';
import type { IncludeObject, MetaVersion } from '../negotiation/representation.ts';
import { ageCell, type CellValue, columnCell } from './cell-value.ts';
import { type PartialObjectMetadata, partialObject } from './partial-metadata.ts';
import { type TableColumnDefinition, type TableColumns, tableColumnsOf } from './table-columns.ts';

export interface TableRow {
  cells: unknown[];
  object: KubeObject | PartialObjectMetadata | null;
}

/** meta.k8s.io Table. */
export interface Table {
  kind: 'Table';
  apiVersion: string;
  metadata: ListMeta;
  /** Null on all watch events but the first. */
  columnDefinitions: readonly TableColumnDefinition[] | null;
  rows: TableRow[];
}

export interface TableOptions {
  /** What each row carries besides its cells. */
  includeObject: IncludeObject;
  /** Version of the Table itself. Default v1. */
  tableVersion?: MetaVersion;
  /** Metadata of the list; a table of one object takes the resource version of that object. */
  listMeta?: ListMeta;
  /** False leaves the column definitions out, as on the later events of a watch. Default true. */
  columnDefinitions?: boolean;
  /** Ages are counted up to here. Milliseconds since 1970. */
  nowMs: number;
}

/**
 * Renders objects for `kubectl get`. `items` are in the API version `version`, which has to be one that the resource
 * serves; they are not changed and, depending on `includeObject`, become part of the result.
 */
export function renderTable(
  resource: ServedResource,
  version: string,
  items: readonly KubeObject[],
  options: TableOptions,
): Table {
  const served = resource.versions.get(version);
  if (served === undefined) throw new Error(`version ${version} of ${resource.declaration.names.plural} is not served`);
  const columns = tableColumnsOf(served);
  const tableVersion = options.tableVersion ?? 'v1';
  const rows: TableRow[] = new Array(items.length);
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    rows[i] = {
      cells: cellsOf(item, columns, resource, options.nowMs),
      object: rowObject(item, options.includeObject, tableVersion),
    };
  }
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${tableVersion}`,
    metadata: options.listMeta ?? { resourceVersion: items[0]?.metadata.resourceVersion ?? '' },
    columnDefinitions: options.columnDefinitions === false ? null : columns.definitions,
    rows,
  };
}

/** A strategy may leave cells undefined; those come from the column's JSONPath. */
function cellsOf(object: KubeObject, columns: TableColumns, resource: ServedResource, nowMs: number): unknown[] {
  const { strategy } = resource;
  // Strategies whose cells show ages take the time from here.
  const compute: ((object: KubeObject, nowMs: number) => unknown[]) | undefined = strategy.tableCells;
  const own = compute?.call(strategy, object, nowMs);
  const { cells } = columns;
  const first = columns.nameFirst ? 1 : 0;
  const row: unknown[] = new Array(cells.length + first);
  if (columns.nameFirst) row[0] = object.metadata.name ?? '';
  for (let i = 0; i < cells.length; i++) {
    const cell = own?.[i];
    row[i + first] = cell === undefined ? declaredCell(object, cells[i]!, nowMs) : cell;
  }
  return row;
}

function declaredCell(object: KubeObject, column: TableColumns['cells'][number], nowMs: number): CellValue {
  if (column.isAge) return ageCell(object.metadata.creationTimestamp, nowMs);
  return columnCell(column.type, column.value(object), nowMs);
}

function rowObject(object: KubeObject, include: IncludeObject, version: MetaVersion): TableRow['object'] {
  if (include === 'None') return null;
  return include === 'Object' ? object : partialObject(object, version);
}
