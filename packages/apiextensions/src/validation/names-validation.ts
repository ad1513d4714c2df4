import { dns1035LabelErrors, type FieldError, invalidValue, required } from '@canopy/apimachinery';
import type { CrdNames } from '../definition/crd-object.ts';

function checkLabel(value: string | undefined, field: string, errors: FieldError[], text = value): void {
  if (!value) {
    errors.push(required(field));
    return;
  }
  for (const error of dns1035LabelErrors(text as string)) errors.push(invalidValue(field, value, error));
}

function checkLabels(values: readonly string[] | undefined, field: string, errors: FieldError[]): void {
  for (const [index, value] of (values ?? []).entries()) checkLabel(value, `${field}[${index}]`, errors);
}

/** Errors of the names of a definition whose defaults have been filled in. */
export function validateNames(names: CrdNames, at: string): FieldError[] {
  const errors: FieldError[] = [];
  checkLabel(names.plural, `${at}.plural`, errors);
  checkLabel(names.singular, `${at}.singular`, errors);
  checkLabels(names.shortNames, `${at}.shortNames`, errors);
  checkLabel(names.kind, `${at}.kind`, errors, names.kind?.toLowerCase());
  checkLabel(names.listKind, `${at}.listKind`, errors, names.listKind?.toLowerCase());
  if (names.kind && names.kind === names.listKind) {
    errors.push(invalidValue(`${at}.listKind`, names.listKind, 'kind and listKind may not be the same'));
  }
  checkLabels(names.categories, `${at}.categories`, errors);
  return errors;
}
