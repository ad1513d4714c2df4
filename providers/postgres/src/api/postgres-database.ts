import type { KubeObject } from '@canopy/apimachinery';
import type { Condition, GroupVersionResource } from '@canopy/client';

export const group = 'databases.canopy.dev';
export const version = 'v1alpha1';
export const apiVersion = `${group}/${version}`;
export const kind = 'PostgresDatabase';
export const exportName = 'postgres';

export const orders: GroupVersionResource = { group, version, resource: 'postgresdatabases' };
export const secrets: GroupVersionResource = { group: '', version: 'v1', resource: 'secrets' };

/** What a consumer asks for; defaults are those of the schema. */
export interface PostgresDatabaseSpec {
  name?: string;
  deletionPolicy?: 'Delete' | 'Keep';
  /** Connections at a time; -1 is no limit. */
  connectionLimit?: number;
  extensions?: string[];
}

/**
 * `Pending`: being worked on; `Ready`: all as ordered; `Failed`: something is wrong, the conditions say what, and the
 * provider keeps trying; `Deleting`: waits for the database to be dropped or released.
 */
export type Phase = 'Pending' | 'Ready' | 'Failed' | 'Deleting';

export interface PostgresDatabaseStatus {
  phase?: Phase;
  observedGeneration?: number;
  endpoint?: { host: string; port: number; database: string };
  secretRef?: { name: string };
  sizeBytes?: number;
  conditions?: Condition[];
}

export interface PostgresDatabase extends KubeObject {
  spec?: PostgresDatabaseSpec;
  status?: PostgresDatabaseStatus;
}

/** core/v1 Secret. `data` holds base64. */
export interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}
