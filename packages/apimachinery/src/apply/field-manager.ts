import type { JsonObject, KubeObject } from '../meta/object.ts';
import { isJsonObject } from '../patch/json-tree.ts';
import type { Schema } from '../schema/schema.ts';
import { type Comparison, compareObjects } from './compare.ts';
import { difference, type FieldSet, isEmptySet, recursiveDifference } from './field-set.ts';
import type { Managers } from './managers.ts';
import { type MergeType, mergeTypeOfObject } from './merge-type.ts';
import { reconcileSet } from './reconcile-set.ts';

/** A version of the object's kind, for entries that were written in it. */
export interface ManagedVersion {
  schema: Schema | undefined;
  /** From any version to this one. */
  convert: (object: JsonObject) => JsonObject;
  resetFields?: FieldSet;
}

/** What both ways of writing need to know about the object's kind. */
export interface FieldManagerOptions {
  /** Of the object in `version`; undefined makes everything free-form. */
  schema: Schema | undefined;
  /** apiVersion in which the objects are given, such as `apps/v1`. */
  version: string;
  /** Empty or undefined for the main resource. */
  subresource?: string;
  /** RFC 3339 in UTC, seconds precision. */
  now: string;
  /** Fields that this endpoint ignores, and whose writer must not own them therefore, as a FieldsV1 value. */
  resetFields?: FieldSet;
  /**
   * What a new object of a built-in kind has before anything is set, for instance `{"spec": {}, "status": {}}`: these
   * fields do not become owned by whoever creates it. Custom resources have none.
   */
  emptyObject?: JsonObject;
  /**
   * A version of the kind (`version` too), or undefined if it is not served any more: entries in it are dropped then.
   * Without this function paths are taken to mean the same in all versions.
   */
  otherVersion?: (apiVersion: string) => ManagedVersion | undefined;
}

const UNTRACKED_METADATA: ReadonlySet<string> = new Set([
  'clusterName',
  'creationTimestamp',
  'generation',
  'managedFields',
  'name',
  'namespace',
  'resourceVersion',
  'selfLink',
  'uid',
]);

/** Fields that nobody owns: the server sets them, or they identify the object. */
const UNTRACKED: FieldSet = {
  'f:apiVersion': {},
  'f:kind': {},
  'f:metadata': { '.': {}, ...Object.fromEntries([...UNTRACKED_METADATA].map((name) => [`f:${name}`, {}])) },
};

/** A shallow copy without the metadata that nobody owns: it need not be looked at where {@link withoutUntracked} drops it. */
export function trackedFields(object: JsonObject): JsonObject {
  const { metadata } = object;
  if (!isJsonObject(metadata)) return object;
  const tracked: JsonObject = {};
  for (const name in metadata) if (!UNTRACKED_METADATA.has(name)) tracked[name] = metadata[name]!;
  return { ...object, metadata: tracked };
}

export function withoutUntracked(set: FieldSet): FieldSet {
  return difference(set, UNTRACKED);
}

export function withoutReset(set: FieldSet, resetFields: FieldSet | undefined): FieldSet {
  return resetFields === undefined || isEmptySet(resetFields) ? set : recursiveDifference(set, resetFields);
}

/** Reads every set under the schema of its version. */
export function reconcileManagers(managers: Managers, options: FieldManagerOptions): void {
  for (const manager of managers.values()) {
    const version = manager.apiVersion === options.version ? undefined : options.otherVersion?.(manager.apiVersion);
    manager.set = reconcileSet(mergeTypeOfObject(version === undefined ? options.schema : version.schema), manager.set);
  }
}

/** What changes between two objects, in each version that managers ask for; undefined for a version that is gone. */
export class VersionedComparison {
  readonly #options: FieldManagerOptions;
  readonly #before: JsonObject;
  readonly #after: JsonObject;
  #others: Map<string, Comparison | undefined> | undefined;
  readonly own: Comparison;

  constructor(options: FieldManagerOptions, before: JsonObject, after: JsonObject) {
    this.#options = options;
    this.#before = before;
    this.#after = after;
    this.own = compare(mergeTypeOfObject(options.schema), { before, after }, options.resetFields);
  }

  in(apiVersion: string): Comparison | undefined {
    const { version, otherVersion } = this.#options;
    if (apiVersion === version || otherVersion === undefined) return this.own;
    this.#others ??= new Map();
    if (!this.#others.has(apiVersion)) {
      const other = otherVersion(apiVersion);
      const comparison =
        other &&
        compare(
          mergeTypeOfObject(other.schema),
          { before: other.convert(this.#before), after: other.convert(this.#after) },
          other.resetFields,
        );
      this.#others.set(apiVersion, comparison);
    }
    return this.#others.get(apiVersion);
  }
}

function compare(
  type: MergeType,
  pair: { before: JsonObject; after: JsonObject },
  resetFields: FieldSet | undefined,
): Comparison {
  const { changed, removed } = compareObjects(type, pair.before, pair.after);
  return { changed: withoutReset(changed, resetFields), removed: withoutReset(removed, resetFields) };
}

/** Takes changed and removed fields away from everybody but the manager `exceptId`; drops who is left with nothing. */
export function takeFromOthers(
  managers: Managers,
  comparison: VersionedComparison,
  exceptId: string | undefined,
): void {
  for (const [id, manager] of managers) {
    if (id !== exceptId) {
      const versioned = comparison.in(manager.apiVersion);
      if (versioned === undefined) {
        managers.delete(id);
        continue;
      }
      manager.set = difference(difference(manager.set, versioned.changed), versioned.removed);
    }
    if (isEmptySet(manager.set)) managers.delete(id);
  }
}

/** The object a write starts from when there is none yet. */
export function emptyObjectLike(object: KubeObject, options: FieldManagerOptions): JsonObject {
  return { apiVersion: object.apiVersion, kind: object.kind, ...options.emptyObject };
}

export function managerName(name: string): string {
  return name === '' ? 'unknown' : name;
}
