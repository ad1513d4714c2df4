import { type FieldError, invalidValue, type KubeObject, notSupported } from '@canopy/apimachinery';
import type { Strategy } from '@canopy/apiserver';
import { validateQuotaAmounts } from '../quota/quota-amounts.ts';

interface ResourceQuotaObject extends KubeObject {
  spec?: { hard?: Record<string, unknown>; scopes?: string[]; scopeSelector?: { matchExpressions?: unknown[] } };
  status?: { hard?: Record<string, unknown>; used?: Record<string, unknown> };
}

const scopes = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
  'VolumeAttributesClass',
];

function validateQuota(object: KubeObject): FieldError[] {
  const { spec } = object as ResourceQuotaObject;
  const errors = validateQuotaAmounts(spec?.hard, 'spec.hard');
  spec?.scopes?.forEach((scope) => {
    if (!scopes.includes(scope)) errors.push(invalidValue('spec.scopes', spec.scopes, 'unsupported scope'));
  });
  const chosen = new Set(spec?.scopes);
  for (const [a, b] of [
    ['BestEffort', 'NotBestEffort'],
    ['Terminating', 'NotTerminating'],
  ] as const) {
    if (chosen.has(a) && chosen.has(b)) errors.push(invalidValue('spec.scopes', spec?.scopes, 'conflicting scopes'));
  }
  for (const [index, expression] of (spec?.scopeSelector?.matchExpressions ?? []).entries()) {
    const { scopeName } = expression as { scopeName?: string };
    if (scopeName !== undefined && !scopes.includes(scopeName)) {
      errors.push(notSupported(`spec.scopeSelector.matchExpressions[${index}].scopeName`, scopeName, scopes));
    }
  }
  return errors;
}

function sortedText(texts: readonly string[] | undefined): string {
  return [...(texts ?? [])].sort().join();
}

export const resourceQuotaStrategy: Strategy = {
  tracksGeneration: false,
  validateCreate: validateQuota,
  validateUpdate(object, old) {
    const errors = validateQuota(object);
    const { spec } = object as ResourceQuotaObject;
    if (sortedText(spec?.scopes) !== sortedText((old as ResourceQuotaObject).spec?.scopes)) {
      errors.push(invalidValue('spec.scopes', spec?.scopes ?? [], 'field is immutable'));
    }
    return errors;
  },
  validateStatusUpdate(object) {
    const { status } = object as ResourceQuotaObject;
    return [...validateQuotaAmounts(status?.hard, 'status.hard'), ...validateQuotaAmounts(status?.used, 'status.used')];
  },
};
