import { duplicate, type FieldError, forbiddenField, invalidValue, notSupported, required } from '@canopy/apimachinery';
import type { CertificateCondition } from './certificate-request.ts';

const permanentTypes = ['Approved', 'Denied', 'Failed'] as const;

/** Conditions with their times filled in, as the server does for clients that leave them out. */
export function withConditionTimes(
  conditions: readonly CertificateCondition[],
  old: readonly CertificateCondition[],
  now: string,
): CertificateCondition[] {
  return conditions.map((condition) => {
    const before = old.find((candidate) => candidate.type === condition.type);
    const status = condition.status || 'True';
    const sameStatus = before !== undefined && before.status === status;
    return {
      ...condition,
      status,
      lastUpdateTime: condition.lastUpdateTime || now,
      lastTransitionTime: condition.lastTransitionTime || (sameStatus && before.lastTransitionTime) || now,
    };
  });
}

/**
 * Errors of new conditions: Approved, Denied and Failed are for ever, always True, and the first two exclude each other.
 * `may` is the permanent type that this kind of write may add; undefined: Approved and Denied.
 */
export function validateConditionChanges(
  conditions: readonly CertificateCondition[],
  old: readonly CertificateCondition[],
  may: 'Failed' | undefined,
): FieldError[] {
  const field = 'status.conditions';
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  conditions.forEach((condition, index) => {
    const at = `${field}[${index}]`;
    if (!condition.type) errors.push(required(`${at}.type`));
    if (seen.has(condition.type)) errors.push(duplicate(`${at}.type`, condition.type));
    seen.add(condition.type);
    const isPermanent = (permanentTypes as readonly string[]).includes(condition.type);
    if (isPermanent && condition.status !== 'True')
      errors.push(notSupported(`${at}.status`, condition.status, ['True']));
  });
  if (seen.has('Approved') && seen.has('Denied')) {
    errors.push(invalidValue(field, 'Denied', 'Approved and Denied conditions are mutually exclusive'));
  }
  for (const type of permanentTypes) {
    const before = old.some((condition) => condition.type === type);
    const after = seen.has(type);
    if (before && !after) errors.push(forbiddenField(field, `updates may not remove a condition of type "${type}"`));
    const mayAdd = may === undefined ? type !== 'Failed' : type === may;
    if (!before && after && !mayAdd)
      errors.push(forbiddenField(field, `updates may not add a condition of type "${type}"`));
  }
  return errors;
}
