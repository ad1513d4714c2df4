import { deepEqual } from '../deep-equal.ts';
import type { FieldError } from '../meta/field-error.ts';
import { forbiddenField, invalidValue, notSupported, required, tooLong } from '../meta/field-error.ts';
import type { ManagedFieldsEntry, ObjectMeta, OwnerReference } from '../meta/object.ts';
import { parseApiVersion } from '../meta/object.ts';
import { utf8Length } from '../utf8-length.ts';
import type { NameValidation } from './names.ts';
import { dns1123LabelErrors, labelValueErrors, nameErrors, qualifiedNameErrors } from './names.ts';

export interface ObjectMetaRules {
  namespaced: boolean;
  /** Default `DNS1123Subdomain`. */
  nameValidation?: NameValidation;
  /** Path of the metadata. Default `metadata`. */
  field?: string;
  /** The name may be absent: metadata of an object inside of another one. */
  optionalName?: boolean;
}

/** Keys and values of all annotations together may have so many bytes. */
export const maxAnnotationBytes = 256 * 1024;

/**
 * Errors of the metadata of an object about to be stored, worded and ordered as Kubernetes does. Types are taken for
 * granted: the schema checks them.
 */
export function validateObjectMeta(meta: ObjectMeta, rules: ObjectMetaRules): FieldError[] {
  const at = rules.field ?? 'metadata';
  const nameRule = rules.nameValidation ?? 'DNS1123Subdomain';
  const errors: FieldError[] = [];
  if (meta.generateName) {
    for (const e of nameErrors(meta.generateName, nameRule, true)) {
      errors.push(invalidValue(`${at}.generateName`, meta.generateName, e));
    }
  }
  if (meta.name) {
    for (const e of nameErrors(meta.name, nameRule)) errors.push(invalidValue(`${at}.name`, meta.name, e));
  } else if (rules.optionalName !== true) {
    errors.push(required(`${at}.name`, 'name or generateName is required'));
  }
  if (!rules.namespaced) {
    if (meta.namespace) errors.push(forbiddenField(`${at}.namespace`, 'not allowed on this type'));
  } else if (!meta.namespace) {
    errors.push(required(`${at}.namespace`));
  } else {
    for (const e of dns1123LabelErrors(meta.namespace)) errors.push(invalidValue(`${at}.namespace`, meta.namespace, e));
  }
  checkGeneration(meta, at, errors);
  checkLabels(meta.labels, `${at}.labels`, errors);
  checkAnnotations(meta.annotations, `${at}.annotations`, errors);
  checkOwners(meta.ownerReferences, `${at}.ownerReferences`, errors);
  checkFinalizers(meta.finalizers, `${at}.finalizers`, errors);
  checkManagedFields(meta.managedFields, `${at}.managedFields`, errors);
  return errors;
}

/**
 * Errors of a change of metadata. `meta` must carry the resource version, and what an update may leave out (uid,
 * creation and deletion timestamps) must have been taken over from `old`.
 */
export function validateObjectMetaUpdate(meta: ObjectMeta, old: ObjectMeta, at = 'metadata'): FieldError[] {
  const errors: FieldError[] = [];
  if (old.deletionTimestamp) {
    const added = [...new Set(meta.finalizers)].filter((f) => !old.finalizers?.includes(f)).sort();
    if (added.length > 0) {
      const list = `[]string{${added.map((f) => JSON.stringify(f)).join(', ')}}`;
      const rule = `no new finalizers can be added if the object is being deleted, found new finalizers ${list}`;
      errors.push(forbiddenField(`${at}.finalizers`, rule));
    }
  }
  if (!meta.resourceVersion) {
    errors.push(invalidValue(`${at}.resourceVersion`, meta.resourceVersion ?? '', 'must be specified for an update'));
  }
  checkGeneration(meta, at, errors);
  if ((meta.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(invalidValue(`${at}.generation`, meta.generation ?? 0, 'must not be decremented'));
  }
  for (const field of ['name', 'namespace', 'uid'] as const) {
    if ((meta[field] ?? '') !== (old[field] ?? '')) {
      errors.push(invalidValue(`${at}.${field}`, meta[field] ?? '', 'field is immutable'));
    }
  }
  for (const field of ['creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    if (!sameInstant(meta[field], old[field]))
      errors.push(invalidValue(`${at}.${field}`, meta[field], 'field is immutable'));
  }
  // What did not change was valid before.
  if (!deepEqual(meta.labels, old.labels)) checkLabels(meta.labels, `${at}.labels`, errors);
  if (!deepEqual(meta.annotations, old.annotations)) checkAnnotations(meta.annotations, `${at}.annotations`, errors);
  if (!deepEqual(meta.ownerReferences, old.ownerReferences)) {
    checkOwners(meta.ownerReferences, `${at}.ownerReferences`, errors);
  }
  checkManagedFields(meta.managedFields, `${at}.managedFields`, errors);
  return errors;
}

function sameInstant(a: string | number | null | undefined, b: string | number | null | undefined): boolean {
  if ((a ?? null) === (b ?? null)) return true;
  return typeof a === 'string' && typeof b === 'string' && Date.parse(a) === Date.parse(b);
}

function checkGeneration(meta: ObjectMeta, at: string, errors: FieldError[]): void {
  if (meta.generation !== undefined && meta.generation < 0) {
    errors.push(invalidValue(`${at}.generation`, meta.generation, 'must be greater than or equal to 0'));
  }
}

function checkLabels(labels: Record<string, string> | undefined, at: string, errors: FieldError[]): void {
  for (const key in labels) {
    for (const e of qualifiedNameErrors(key)) errors.push(invalidValue(at, key, e));
    for (const e of labelValueErrors(labels[key]!)) errors.push(invalidValue(at, labels[key], e));
  }
}

/** Errors of labels that stand elsewhere than in metadata, such as in a template. */
export function validateLabels(labels: Record<string, string> | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  checkLabels(labels, field, errors);
  return errors;
}

function checkAnnotations(annotations: Record<string, string> | undefined, at: string, errors: FieldError[]): void {
  let size = 0;
  for (const key in annotations) {
    for (const e of qualifiedNameErrors(key.toLowerCase())) errors.push(invalidValue(at, key, e));
    size += utf8Length(key) + utf8Length(annotations[key]!);
  }
  if (size > maxAnnotationBytes) errors.push(tooLong(at, maxAnnotationBytes));
}

function checkOwners(owners: OwnerReference[] | undefined, at: string, errors: FieldError[]): void {
  let controller: string | undefined;
  owners?.forEach((owner, index) => {
    checkOwner(owner, `${at}[${index}]`, errors);
    if (owner.controller !== true) return;
    const name = `${owner.kind}/${owner.name}`;
    if (controller === undefined) controller = name;
    else {
      const rule = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      errors.push(invalidValue(at, owners, rule));
    }
  });
}

function checkOwner(owner: OwnerReference, at: string, errors: FieldError[]): void {
  if (!owner.apiVersion) errors.push(required(`${at}.apiVersion`, 'must not be empty'));
  else if (parseApiVersion(owner.apiVersion) === undefined) {
    errors.push(invalidValue(`${at}.apiVersion`, owner.apiVersion, 'must be <group>/<version> or <version>'));
  }
  for (const field of ['kind', 'name', 'uid'] as const) {
    if (!owner[field]) errors.push(required(`${at}.${field}`, 'must not be empty'));
  }
  if (owner.apiVersion === 'v1' && owner.kind === 'Event') {
    errors.push(invalidValue(at, owner, '/v1, Kind=Event is disallowed from being an owner'));
  }
}

function checkFinalizers(finalizers: string[] | undefined, at: string, errors: FieldError[]): void {
  for (const finalizer of finalizers ?? []) {
    for (const e of qualifiedNameErrors(finalizer)) errors.push(invalidValue(at, finalizer, e));
  }
  if (finalizers?.includes('orphan') === true && finalizers.includes('foregroundDeletion')) {
    errors.push(invalidValue(at, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'));
  }
}

function checkManagedFields(entries: ManagedFieldsEntry[] | undefined, at: string, errors: FieldError[]): void {
  entries?.forEach((entry, index) => {
    const here = `${at}[${index}]`;
    if (!entry.operation) errors.push(required(`${here}.operation`, 'must not be empty'));
    else if (entry.operation !== 'Apply' && entry.operation !== 'Update') {
      errors.push(notSupported(`${here}.operation`, entry.operation, ['Apply', 'Update']));
    }
    if (entry.fieldsType && entry.fieldsType !== 'FieldsV1') {
      errors.push(invalidValue(`${here}.fieldsType`, entry.fieldsType, 'must be `FieldsV1`'));
    }
    if (entry.manager !== undefined) errors.push(...validateFieldManager(entry.manager, `${here}.manager`));
    if (entry.subresource !== undefined && utf8Length(entry.subresource) > 256) {
      errors.push(tooLong(`${here}.subresource`, 256));
    }
  });
}

/** Errors of a field manager's name: at most 128 bytes, printable characters only. */
export function validateFieldManager(manager: string, field: string): FieldError[] {
  const errors: FieldError[] = [];
  if (utf8Length(manager) > 128) errors.push(tooLong(field, 128));
  for (const match of manager.matchAll(/[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu)) {
    const code = match[0].codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    const position = utf8Length(manager.slice(0, match.index));
    errors.push(invalidValue(field, manager, `invalid character U+${code} (at position ${position})`));
  }
  return errors;
}
