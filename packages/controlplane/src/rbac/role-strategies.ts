import {
  type FieldError,
  invalidValue,
  type KubeObject,
  type LabelSelectorObject,
  required,
  validateLabelSelector,
} from '@canopy/apimachinery';
import type { Strategy } from '@canopy/apiserver';
import type { RbacRule, RoleObject } from './rbac-objects.ts';

const isFilled = (list: readonly string[] | null | undefined): boolean => (list?.length ?? 0) > 0;

/** A rule is about resources or, in cluster roles only, about paths; never about both. */
function checkRule(rule: RbacRule, namespaced: boolean, at: string, errors: FieldError[]): void {
  if (!isFilled(rule.verbs)) errors.push(required(`${at}.verbs`, 'verbs must contain at least one value'));
  if (isFilled(rule.nonResourceURLs)) {
    const field = `${at}.nonResourceURLs`;
    if (namespaced) {
      errors.push(invalidValue(field, rule.nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'));
    }
    if (isFilled(rule.apiGroups) || isFilled(rule.resources) || isFilled(rule.resourceNames)) {
      const why = 'rules cannot apply to both regular resources and non-resource URLs';
      errors.push(invalidValue(field, rule.nonResourceURLs, why));
    }
    return;
  }
  if (!isFilled(rule.apiGroups))
    errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'));
  if (!isFilled(rule.resources))
    errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'));
}

function validateRules(object: KubeObject, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const rules = (object as RoleObject).rules ?? [];
  for (const [index, rule] of rules.entries()) checkRule(rule, namespaced, `rules[${index}]`, errors);
  return errors;
}

function validateClusterRole(object: KubeObject): FieldError[] {
  const errors = validateRules(object, false);
  const { aggregationRule } = object as RoleObject;
  if (aggregationRule === undefined || aggregationRule === null) return errors;
  const field = 'aggregationRule.clusterRoleSelectors';
  const selectors = aggregationRule.clusterRoleSelectors ?? [];
  if (selectors.length === 0) {
    errors.push(required(field, 'at least one clusterRoleSelector required if aggregationRule is non-nil'));
  }
  selectors.forEach((selector, index) => {
    errors.push(...validateLabelSelector(selector as LabelSelectorObject, `${field}[${index}]`));
  });
  return errors;
}

const validateRole = (object: KubeObject): FieldError[] => validateRules(object, true);

export const roleStrategy: Strategy = {
  tracksGeneration: false,
  allowCreateOnUpdate: true,
  validateCreate: validateRole,
  validateUpdate: validateRole,
};

export const clusterRoleStrategy: Strategy = {
  tracksGeneration: false,
  allowCreateOnUpdate: true,
  validateCreate: validateClusterRole,
  validateUpdate: validateClusterRole,
};
