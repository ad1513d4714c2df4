import {
  deepEqual,
  dns1123SubdomainErrors,
  type FieldError,
  invalidValue,
  notSupported,
  required,
} from '@canopy/apimachinery';
import { type CrdObject, type CrdSpec, crdNameOf, isEstablished, storageVersionOf } from '../definition/crd-object.ts';
import { validateApproval } from './api-approval.ts';
import { validateConversion } from './conversion-validation.ts';
import { validateNames } from './names-validation.ts';
import { validateVersions } from './version-validation.ts';

/** Errors of a new definition, beyond its own schema. Defaults must have been filled in. */
export function validateDefinition(crd: CrdObject): FieldError[] {
  const errors: FieldError[] = [];
  if (crd.metadata.name !== crdNameOf(crd.spec)) {
    errors.push(invalidValue('metadata.name', crd.metadata.name, 'must be spec.names.plural+"."+spec.group'));
  }
  errors.push(...validateSpec(crd.spec), ...validateApproval(crd, undefined));
  return errors;
}

function checkGroup(group: string, errors: FieldError[]): void {
  if (group === '') return;
  const problems = dns1123SubdomainErrors(group);
  if (problems.length > 0) errors.push(invalidValue('spec.group', group, problems.join(',')));
  if (!group.includes('.')) errors.push(invalidValue('spec.group', group, 'should be a domain with at least one dot'));
}

function validateSpec(spec: CrdSpec): FieldError[] {
  const errors: FieldError[] = [];
  checkGroup(spec.group, errors);
  if (!spec.scope) errors.push(required('spec.scope'));
  else if (spec.scope !== 'Cluster' && spec.scope !== 'Namespaced') {
    errors.push(notSupported('spec.scope', spec.scope, ['Cluster', 'Namespaced']));
  }
  if (spec.preserveUnknownFields === true) {
    errors.push(
      invalidValue(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    );
  }
  errors.push(...validateVersions(spec.versions, 'spec.versions'), ...validateNames(spec.names, 'spec.names'));
  if (spec.conversion !== undefined && spec.conversion !== null) {
    errors.push(...validateConversion(spec.conversion, 'spec.conversion'));
  }
  return errors;
}

/** Errors of a changed definition. What identifies it never changes; scope and kind are fixed once it is established. */
export function validateDefinitionUpdate(crd: CrdObject, old: CrdObject): FieldError[] {
  const errors: FieldError[] = [];
  // A definition that is going away must be able to lose its finalizer, whatever rules have come since.
  const isGoing = crd.metadata.deletionTimestamp !== undefined && deepEqual(crd.spec, old.spec);
  if (!isGoing) errors.push(...validateSpec(crd.spec));
  const immutable = (field: string, value: unknown, before: unknown): void => {
    if (value !== before) errors.push(invalidValue(field, value, 'field is immutable'));
  };
  immutable('spec.group', crd.spec.group, old.spec.group);
  immutable('spec.names.plural', crd.spec.names.plural, old.spec.names.plural);
  if (isEstablished(old)) {
    immutable('spec.scope', crd.spec.scope, old.spec.scope);
    immutable('spec.names.kind', crd.spec.names.kind, old.spec.names.kind);
  }
  errors.push(...validateStoredVersions(crd), ...validateApproval(crd, old));
  return errors;
}

/** Objects may be stored in each of `status.storedVersions`: none of them may be taken away, nor be forgotten. */
export function validateStoredVersions(crd: CrdObject): FieldError[] {
  const field = 'status.storedVersions';
  const stored = crd.status?.storedVersions ?? [];
  const errors: FieldError[] = [];
  if (stored.length === 0) errors.push(invalidValue(field, stored, 'must have at least one stored version'));
  const names = new Set(crd.spec.versions.map((version) => version.name));
  stored.forEach((version, index) => {
    if (!names.has(version)) errors.push(invalidValue(`${field}[${index}]`, version, 'must appear in spec.versions'));
  });
  const storage = storageVersionOf(crd.spec);
  if (stored.length > 0 && storage !== undefined && !stored.includes(storage)) {
    errors.push(invalidValue(field, stored, `must have the storage version ${storage}`));
  }
  return errors;
}
