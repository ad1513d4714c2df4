import { deepEqual } from '../deep-equal.ts';
import type { JsonObject, JsonValue, KubeObject, ManagedFieldsEntry } from '../meta/object.ts';
import {
  emptyObjectLike,
  type FieldManagerOptions,
  managerName,
  reconcileManagers,
  takeFromOthers,
  trackedFields,
  VersionedComparison,
  withoutUntracked,
} from './field-manager.ts';
import { isEmptySet, union } from './field-set.ts';
import { ListItemError } from './list-items.ts';
import {
  capUpdateManagers,
  decodeOrEmpty,
  encodeManagedFields,
  isReset,
  type Managers,
  newManager,
} from './managers.ts';

/** Entries of updates that are kept apart. */
const MAX_UPDATE_MANAGERS = 10;

export interface UpdateManagedFieldsOptions extends FieldManagerOptions {
  /** Undefined when the object is created. */
  live: KubeObject | undefined;
  /** What is going to be stored; its metadata.managedFields are what the client sent. */
  updated: KubeObject;
  /** The `fieldManager` parameter, or the product name of the user agent. */
  manager: string;
}

/**
 * metadata.managedFields after a create, update or patch that is not an apply. Empty if nobody manages anything; the field
 * is left out of the object then. The manager gains what the write changes, everybody else loses it. A live object that
 * tracks nothing keeps tracking nothing. Clients may reset or replace managedFields, but not through a subresource; what
 * is invalid, or left out, falls back to the live entries. If the objects cannot be compared, the live entries are kept.
 */
export function updateManagedFields(options: UpdateManagedFieldsOptions): ManagedFieldsEntry[] {
  const { live, updated } = options;
  const previous = live?.metadata.managedFields;
  const managers = managersBefore(options);
  if (managers.size === 0 && live !== undefined && live.metadata.uid !== undefined) return [];
  try {
    trackUpdate(managers, live as JsonObject | undefined, updated as JsonObject, options);
  } catch (error) {
    if (error instanceof ListItemError) return previous ?? [];
    throw error;
  }
  return encodeManagedFields(managers, previous);
}

function managersBefore(options: UpdateManagedFieldsOptions): Managers {
  const live = options.live?.metadata.managedFields;
  const sent = options.updated.metadata.managedFields;
  const isSubresource = options.subresource !== undefined && options.subresource !== '';
  if (isSubresource || sent === live || sent === undefined || sent === null) return decodeOrEmpty(live, true);
  if (isReset(sent)) return new Map();
  if (deepEqual(sent as JsonValue, live as JsonValue | undefined)) return decodeOrEmpty(live, true);
  const managers = decodeOrEmpty(sent, false);
  return managers.size === 0 ? decodeOrEmpty(live, true) : managers;
}

/**
 * Changes `managers` as an update from `before` (undefined: from nothing) to `after` does.
 *
 * @throws ListItemError
 */
export function trackUpdate(
  managers: Managers,
  before: JsonObject | undefined,
  after: JsonObject,
  options: FieldManagerOptions & { manager: string },
): void {
  reconcileManagers(managers, options);
  const start = before ?? emptyObjectLike(after as KubeObject, options);
  const own = before === undefined && managers.size === 0 ? trackedFields(after) : after;
  const comparison = new VersionedComparison(options, start, own);
  takeFromOthers(managers, comparison, undefined);
  const set = withoutUntracked(comparison.own.changed);
  if (!isEmptySet(set)) {
    const manager = newManager(
      {
        name: managerName(options.manager),
        operation: 'Update',
        apiVersion: options.version,
        subresource: options.subresource,
      },
      set,
      options.now,
    );
    const earlier = managers.get(manager.id);
    if (earlier !== undefined) {
      manager.set = union(earlier.set, set);
      manager.entry = earlier.entry;
    }
    managers.set(manager.id, manager);
  }
  capUpdateManagers(managers, MAX_UPDATE_MANAGERS);
}
