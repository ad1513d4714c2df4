import { type FieldError, invalidValue, Quantity, qualifiedNameErrors } from '@canopy/apimachinery';

/** Kinds that Kubernetes counts under their plural name alone, besides `count/<resource>`. */
export const countedCoreResources: readonly string[] = [
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
];

const otherStandardResources: readonly string[] = [
  'cpu',
  'ephemeral-storage',
  'memory',
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
  'requests.storage',
  'services.loadbalancers',
  'services.nodeports',
];

const standardResources: ReadonlySet<string> = new Set([...countedCoreResources, ...otherStandardResources]);

function isCount(resource: string): boolean {
  return resource.startsWith('count/') || countedCoreResources.includes(resource) || resource.startsWith('services.');
}

/** Errors of a map from quota resources to amounts, as in `spec.hard` and `status.used`. */
export function validateQuotaAmounts(amounts: Record<string, unknown> | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const resource in amounts) {
    const path = `${field}[${resource}]`;
    for (const error of qualifiedNameErrors(resource)) errors.push(invalidValue(path, resource, error));
    if (!resource.includes('/') && !standardResources.has(resource)) {
      errors.push(invalidValue(path, resource, 'must be a standard resource for quotas'));
    }
    checkAmount(resource, String(amounts[resource]), path, errors);
  }
  return errors;
}

function checkAmount(resource: string, text: string, path: string, errors: FieldError[]): void {
  const milli = milliValueOf(text);
  if (milli === undefined) {
    errors.push(invalidValue(path, text, 'must be a quantity'));
    return;
  }
  if (milli < 0n) errors.push(invalidValue(path, text, 'must be greater than or equal to 0'));
  if (isCount(resource) && milli % 1000n !== 0n) errors.push(invalidValue(path, text, 'must be an integer'));
}

function milliValueOf(text: string): bigint | undefined {
  try {
    return Quantity.parse(text).milliValue();
  } catch {
    return undefined;
  }
}
