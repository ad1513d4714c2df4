export type {
  Phase,
  PostgresDatabase,
  PostgresDatabaseSpec,
  PostgresDatabaseStatus,
} from './api/postgres-database.ts';
export { apiVersion, exportName, group, kind, orders } from './api/postgres-database.ts';
export type { RunOptions } from './run.ts';
export { runProvider } from './run.ts';
export { setUp } from './setup.ts';
