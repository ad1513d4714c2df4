export type { Infer, ObjectType, Typed } from './schema-dsl/typed-schema.ts';
export {
  builtinDeclarations,
  kcpSystemDeclarations,
  shardDeclarations,
  tenancyDeclarations,
  topologyDeclarations,
} from './declarations.ts';
export { tableCells, tablesWithoutNameColumn } from './tables/registry.ts';
export type { Cell, TableCells } from './tables/table-cells.ts';
export { tableKey } from './tables/table-cells.ts';
export { ageOf, humanDuration } from './tables/human-duration.ts';
