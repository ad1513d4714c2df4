import type {
  CompiledSchema,
  KubeObject,
  PrinterColumn,
  ResourceDeclaration,
  Schema,
  VersionDeclaration,
} from '@canopy/apimachinery';
import type { Strategy } from './strategy.ts';

/** A version of a resource, ready to serve: schemas compiled, columns resolved. */
export interface ServedVersion {
  declaration: VersionDeclaration;
  /** Schema of the whole object, metadata included. */
  fullSchema: Schema;
  compiled: CompiledSchema;
  columns: readonly PrinterColumn[];
  /** Getters of the declared selectable fields, by field selector path (`spec.foo`). */
  selectableFields: ReadonlyMap<string, (object: KubeObject) => unknown>;
}

/** Where a served resource comes from; decides precedence and who may change it. */
export type ResourceOrigin =
  | { kind: 'builtin' }
  | { kind: 'system' }
  | { kind: 'binding'; exportCluster: string; exportName: string; schemaUid: string }
  | { kind: 'crd'; crd: string };

/**
 * One resource as one logical cluster serves it. Shared by all clusters with the same surface: it must not hold
 * anything about a particular cluster.
 */
export interface ServedResource {
  declaration: ResourceDeclaration;
  /** `<group>/<resource>`, by which special behaviour is found. */
  key: string;
  /** Identity hash in the storage key of bound resources; `''` otherwise. */
  identity: string;
  /** Where the objects are stored; differs from the declaration for a second API over the same storage (Events). */
  storedAs: { group: string; resource: string };
  origin: ResourceOrigin;
  strategy: Strategy;
  versions: ReadonlyMap<string, ServedVersion>;
  /** Being unbound or deleted: create is refused, everything else works. */
  terminating: boolean;
  /** From the stored version to the one asked for, and back. Returns its input when both are equal. May mutate its input. */
  convert(object: KubeObject, toVersion: string): KubeObject;
  /** True when any conversion between versions is a mere change of `apiVersion`. */
  trivialConversion: boolean;
}

/** Everything one logical cluster serves. Immutable; a change makes a new one. */
export interface ApiSurface {
  /** Equal for surfaces with the same content; key of shared documents (discovery, OpenAPI). */
  readonly hash: string;
  find(group: string, resource: string): ServedResource | undefined;
  /** In discovery order: groups, then resources by name. */
  all(): readonly ServedResource[];
}
