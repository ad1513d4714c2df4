import type { JsonObject, ManagedFieldsEntry } from '../meta/object.ts';
import { EMPTY_SET, type FieldSet, parseFieldSet, union } from './field-set.ts';
import { compareText, goJsonString } from './path-element.ts';

/** One entry of managedFields while it is being worked on. */
export interface Manager {
  /** What makes two entries the same manager; see {@link managerId}. */
  id: string;
  name: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  subresource: string | undefined;
  time: string | undefined;
  set: FieldSet;
  /** The entry this was read from. */
  entry: ManagedFieldsEntry | undefined;
}

/** By id. */
export type Managers = Map<string, Manager>;

interface ManagerIdentity {
  name: string;
  operation: 'Apply' | 'Update';
  apiVersion: string;
  subresource: string | undefined;
}

/** Name, operation and subresource, and for updates the version too; the text also orders the messages of conflicts. */
export function managerId(identity: ManagerIdentity): string {
  const { name, operation, apiVersion, subresource } = identity;
  let id = name === '' ? '{' : `{"manager":${goJsonString(name)},`;
  id += `"operation":"${operation}"`;
  if (operation === 'Update') id += `,"apiVersion":${goJsonString(apiVersion)}`;
  if (subresource !== undefined && subresource !== '') id += `,"subresource":${goJsonString(subresource)}`;
  return `${id}}`;
}

export function newManager(identity: ManagerIdentity, set: FieldSet, time: string | undefined): Manager {
  return { ...identity, id: managerId(identity), time, set, entry: undefined };
}

/**
 * @param trusted whether the sets were written by this package, and are canonical therefore
 * @throws Error if an entry is invalid
 */
export function decodeManagedFields(entries: readonly ManagedFieldsEntry[] | undefined, trusted: boolean): Managers {
  const managers: Managers = new Map();
  if (entries === undefined || entries === null) return managers;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i]!;
    const { operation, apiVersion, fieldsType, fieldsV1 } = entry;
    if (operation !== 'Apply' && operation !== 'Update') throw new Error('operation must be `Apply` or `Update`');
    if (apiVersion === undefined || apiVersion === '') throw new Error('apiVersion must not be empty');
    if (fieldsType !== 'FieldsV1') {
      const text = fieldsType as string | undefined;
      throw new Error(
        text === undefined || text === ''
          ? `missing fieldsType in managed fields entry ${i}`
          : `invalid fieldsType ${JSON.stringify(text)} in managed fields entry ${i}`,
      );
    }
    const identity = { name: entry.manager ?? '', operation, apiVersion, subresource: entry.subresource };
    const set = trusted ? ((fieldsV1 as FieldSet | undefined) ?? EMPTY_SET) : parseFieldSet(fieldsV1);
    const manager = newManager(identity, set, entry.time ?? undefined);
    manager.entry = entry;
    managers.set(manager.id, manager);
  }
  return managers;
}

/** Like {@link decodeManagedFields}, but nobody manages anything if an entry is invalid. */
export function decodeOrEmpty(entries: readonly ManagedFieldsEntry[] | undefined, trusted: boolean): Managers {
  try {
    return decodeManagedFields(entries, trusted);
  } catch {
    return new Map();
  }
}

/**
 * Entries in Kubernetes' order: appliers first, then by time, name, version and subresource. Unchanged ones are the
 * very entries of before, and so is the list if no entry has changed.
 */
export function encodeManagedFields(
  managers: Managers,
  previous: readonly ManagedFieldsEntry[] | undefined,
): ManagedFieldsEntry[] {
  const sorted = [...managers.values()].sort(compareManagers).map(encode);
  if (previous?.length === sorted.length && sorted.every((entry, i) => entry === previous[i])) {
    return previous as ManagedFieldsEntry[];
  }
  return sorted;
}

function encode(manager: Manager): ManagedFieldsEntry {
  const old = manager.entry;
  if (
    old !== undefined &&
    old.fieldsV1 === (manager.set as JsonObject) &&
    old.apiVersion === manager.apiVersion &&
    (old.time ?? undefined) === manager.time
  ) {
    return old;
  }
  return {
    ...(manager.name === '' ? {} : { manager: manager.name }),
    operation: manager.operation,
    apiVersion: manager.apiVersion,
    ...(manager.time === undefined ? {} : { time: manager.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: manager.set as JsonObject,
    ...(manager.subresource === undefined || manager.subresource === '' ? {} : { subresource: manager.subresource }),
  };
}

function compareManagers(a: Manager, b: Manager): number {
  if (a.operation !== b.operation) return a.operation === 'Apply' ? -1 : 1;
  return (
    compareTimes(a.time, b.time) ||
    compareText(a.name, b.name) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource ?? '', b.subresource ?? '')
  );
}

/** To the second; a missing time is the oldest. */
function compareTimes(a: string | undefined, b: string | undefined): number {
  return a === b ? 0 : seconds(a) - seconds(b);
}

function seconds(time: string | undefined): number {
  if (time === undefined) return 0;
  const milliseconds = Date.parse(time);
  return Number.isNaN(milliseconds) ? 0 : Math.floor(milliseconds / 1000);
}

const ANCIENT = 'ancient-changes';

/** Merges the oldest update entries of a version until at most `limit` are left. */
export function capUpdateManagers(managers: Managers, limit: number): void {
  const updaters: Manager[] = [];
  for (const manager of managers.values()) if (manager.operation === 'Update') updaters.push(manager);
  if (updaters.length <= limit) return;
  updaters.sort((a, b) => compareTimes(a.time, b.time) || compareText(a.id, b.id));
  const firstOfVersion = new Map<string, Manager>();
  let left = updaters.length;
  for (const manager of updaters) {
    if (left <= limit) break;
    const first = firstOfVersion.get(manager.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(manager.apiVersion, manager);
      continue;
    }
    const bucket = newManager(
      { name: ANCIENT, operation: 'Update', apiVersion: manager.apiVersion, subresource: undefined },
      EMPTY_SET,
      manager.time,
    );
    let base = managers.get(bucket.id);
    if (base === undefined) {
      base = first;
      managers.delete(first.id);
    }
    bucket.set = union(manager.set, base.set);
    if (manager.id !== bucket.id) managers.delete(manager.id);
    managers.set(bucket.id, bucket);
    left--;
  }
}

/** A client clears managedFields by sending an empty list or a list of one empty entry. */
export function isReset(entries: readonly ManagedFieldsEntry[] | undefined | null): boolean {
  if (entries === undefined || entries === null) return false;
  if (entries.length === 0) return true;
  if (entries.length > 1) return false;
  const { manager, operation, apiVersion, time, fieldsType, fieldsV1, subresource } = entries[0]!;
  return !(manager || operation || apiVersion || time || fieldsType || fieldsV1 || subresource);
}
