import { deepEqual } from '../deep-equal.ts';
import type { JsonObject, JsonValue, KubeObject, ManagedFieldsEntry } from '../meta/object.ts';
import { parseApiVersion } from '../meta/object.ts';
import { badRequest, StatusError } from '../meta/status-error.ts';
import { type ApplyConflict, applyConflictError } from './apply-conflict.ts';
import {
  emptyObjectLike,
  type FieldManagerOptions,
  managerName,
  reconcileManagers,
  takeFromOthers,
  VersionedComparison,
  withoutReset,
  withoutUntracked,
} from './field-manager.ts';
import { difference, type FieldSet, fieldSetsEqual, intersection, isEmptySet } from './field-set.ts';
import { fieldsOfLastApplied, KUBECTL, withLastApplied } from './last-applied.ts';
import { ListItemError } from './list-items.ts';
import { decodeManagedFields, encodeManagedFields, type Manager, type Managers, newManager } from './managers.ts';
import { type MergeType, mergeTypeOfObject } from './merge-type.ts';
import { pruneObject } from './prune.ts';
import { mergeObjects } from './typed-merge.ts';
import { trackUpdate } from './update-managed-fields.ts';
import { problemsText, validateConfig } from './validate-config.ts';
import { fieldSetOf } from './value-to-set.ts';

export interface ApplyObjectOptions extends FieldManagerOptions {
  /** Undefined if the object does not exist yet. */
  live: KubeObject | undefined;
  /** The configuration that the client wants to be in place. */
  applied: KubeObject;
  /** The `fieldManager` parameter. */
  manager: string;
  /** Take over fields of other managers instead of failing. */
  force: boolean;
}

export interface ApplyResult {
  /** The merged object with its new managedFields, before defaulting; `live` itself if nothing changes at all. */
  object: KubeObject;
  managedFields: ManagedFieldsEntry[];
}

/**
 * Server-side apply. Fields of the configuration are merged into the live object and become the manager's; fields the
 * manager owned before and does not mention any more are removed, unless others own them. Two managers may own a field as
 * long as they agree about its value.
 *
 * @throws StatusError 409 Conflict, if fields of other managers would change and `force` is not set; 400 BadRequest, if
 *   the configuration has another apiVersion or brings managedFields; 500 with the reason in plain text, if it does not fit
 *   the schema, as Kubernetes answers
 */
export function applyObject(options: ApplyObjectOptions): ApplyResult {
  const { applied, version } = options;
  if (applied.apiVersion !== version || (options.live !== undefined && options.live.kind !== applied.kind)) {
    throw badRequest(`invalid object type: ${kindText(applied)}`);
  }
  if (applied.metadata?.managedFields !== undefined && applied.metadata.managedFields !== null) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const type = mergeTypeOfObject(options.schema);
  const problems = validateConfig(type, applied as JsonObject);
  if (problems.length > 0) {
    throw failed(`failed to create typed patch object (${objectText(applied)}): ${problemsText(problems)}`);
  }
  try {
    return apply(type, options);
  } catch (error) {
    if (!(error instanceof ListItemError)) throw error;
    const { live = applied } = options;
    const text = problemsText(validateConfig(type, live as JsonObject, true));
    throw failed(`failed to create typed live object (${objectText(live)}): ${text}`);
  }
}

function apply(type: MergeType, options: ApplyObjectOptions): ApplyResult {
  const { live, applied, version } = options;
  const config = applied as JsonObject;
  const before = (live as JsonObject | undefined) ?? emptyObjectLike(applied, options);
  const managers = managersBefore(options);
  reconcileManagers(managers, options);

  const applier = newManager(
    { name: managerName(options.manager), operation: 'Apply', apiVersion: version, subresource: options.subresource },
    withoutReset(fieldSetOf(type, config), options.resetFields),
    undefined,
  );
  const last = managers.get(applier.id);
  applier.time = last?.time;
  applier.entry = last?.entry;
  managers.set(applier.id, applier);
  const merged = mergeObjects(type, before, config);
  let object = pruneObject({ merged, managers, applierId: applier.id, last }, options);

  const comparison = new VersionedComparison(options, before, object);
  if (!options.force)
    refuseConflicts(managers, comparison, applier, { type, before, manager: options.manager, version });
  takeFromOthers(managers, comparison, applier.id);
  finishApplier(managers, applier, last);
  if (deepEqual(object, before)) object = before;
  else applier.time = options.now;
  if (options.manager === KUBECTL) object = withLastApplied(object, config);
  return result(object, managers, live);
}

function managersBefore(options: ApplyObjectOptions): Managers {
  const { live } = options;
  let managers: Managers;
  try {
    managers = decodeManagedFields(live?.metadata.managedFields, true);
  } catch (error) {
    throw failed(`failed to decode managed fields: ${(error as Error).message}`);
  }
  if (managers.size === 0 && live !== undefined) {
    trackUpdate(managers, undefined, live as JsonObject, { ...options, manager: 'before-first-apply' });
  }
  return managers;
}

interface ConflictContext {
  type: MergeType;
  before: JsonObject;
  manager: string;
  version: string;
}

function refuseConflicts(
  managers: Managers,
  comparison: VersionedComparison,
  applier: Manager,
  context: ConflictContext,
): void {
  let conflicts: ApplyConflict[] = [];
  for (const manager of managers.values()) {
    if (manager.id === applier.id) continue;
    const versioned = comparison.in(manager.apiVersion);
    if (versioned === undefined) continue;
    const fields = intersection(manager.set, versioned.changed);
    if (!isEmptySet(fields)) conflicts.push({ manager, fields });
  }
  if (conflicts.length > 0 && context.manager === KUBECTL) {
    const taken = fieldsOfLastApplied(context.type, context.before, context.version);
    if (taken !== undefined) conflicts = withoutFields(conflicts, taken);
  }
  if (conflicts.length > 0) throw applyConflictError(conflicts);
}

function withoutFields(conflicts: readonly ApplyConflict[], allowed: FieldSet): ApplyConflict[] {
  return conflicts
    .map(({ manager, fields }) => ({ manager, fields: difference(fields, allowed) }))
    .filter((conflict) => !isEmptySet(conflict.fields));
}

/** The applier's set is stored without what nobody owns; the old set object is kept if it says the same. */
function finishApplier(managers: Managers, applier: Manager, last: Manager | undefined): void {
  applier.set = withoutUntracked(applier.set);
  if (last !== undefined && fieldSetsEqual(applier.set, last.set)) applier.set = last.set;
  if (isEmptySet(applier.set)) managers.delete(applier.id);
}

function result(object: JsonObject, managers: Managers, live: KubeObject | undefined): ApplyResult {
  const previous = live?.metadata.managedFields;
  const managedFields = encodeManagedFields(managers, previous);
  if (live !== undefined && object === (live as JsonObject) && managedFields === previous) {
    return { object: live, managedFields };
  }
  const { managedFields: _, ...metadata } = (object.metadata ?? {}) as JsonObject;
  if (managedFields.length > 0) metadata.managedFields = managedFields as unknown as JsonValue;
  return { object: { ...object, metadata } as unknown as KubeObject, managedFields };
}

function failed(message: string): StatusError {
  return new StatusError({ code: 500, reason: '', message });
}

function kindText(object: KubeObject): string {
  const { group, version } = parseApiVersion(object.apiVersion ?? '') ?? {
    group: '',
    version: object.apiVersion ?? '',
  };
  return `${group}/${version}, Kind=${object.kind}`;
}

function objectText(object: KubeObject): string {
  return `${object.metadata?.namespace ?? ''}/${object.metadata?.name ?? ''}; ${kindText(object)}`;
}
