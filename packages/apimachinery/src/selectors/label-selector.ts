import type { FieldError } from '../meta/field-error.ts';
import { forbiddenField, invalidValue, required } from '../meta/field-error.ts';
import { badRequest } from '../meta/status-error.ts';
import { labelValueErrors, qualifiedNameErrors } from '../validation/names.ts';
import type { LabelRequirement } from './label-requirement.ts';
import { LabelSelector, labelRequirement } from './label-requirement.ts';
import { LabelSelectorParser } from './label-selector-parser.ts';

/** metav1.LabelSelector. All parts must hold; an empty one selects everything. */
export interface LabelSelectorObject {
  matchLabels?: Record<string, string>;
  matchExpressions?: LabelSelectorExpression[];
}

export interface LabelSelectorExpression {
  key: string;
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  values?: string[];
}

/**
 * Parses the query string syntax: `a=b,c in (x,y),!d,e notin (...),f>1`. Requirements come out sorted by key.
 *
 * @throws StatusError 400 in Kubernetes' wording
 */
export function parseLabelSelector(text: string): LabelSelector {
  if (text === '') return LabelSelector.everything;
  const requirements = new LabelSelectorParser(text).parse();
  if (requirements.length > 1) requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return new LabelSelector(requirements);
}

/**
 * The selector of a metav1.LabelSelector: an absent one matches nothing, an empty one everything.
 *
 * @throws StatusError 400 in Kubernetes' wording; {@link validateLabelSelector} gives field errors instead
 */
export function labelSelectorOf(selector: LabelSelectorObject | null | undefined): LabelSelector {
  if (selector === null || selector === undefined) return LabelSelector.nothing;
  const requirements: LabelRequirement[] = [];
  for (const key in selector.matchLabels) requirements.push(labelRequirement(key, '=', [selector.matchLabels[key]!]));
  for (const expression of selector.matchExpressions ?? []) {
    const operator = operators.get(expression.operator);
    if (operator === undefined) {
      throw badRequest(`${JSON.stringify(expression.operator)} is not a valid label selector operator`);
    }
    requirements.push(labelRequirement(expression.key, operator, [...(expression.values ?? [])]));
  }
  requirements.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  return requirements.length === 0 ? LabelSelector.everything : new LabelSelector(requirements);
}

const operators: ReadonlyMap<string, LabelRequirement['operator']> = new Map([
  ['In', 'in'],
  ['NotIn', 'notin'],
  ['Exists', 'exists'],
  ['DoesNotExist', '!'],
]);

/** Field errors of a metav1.LabelSelector that is part of an object, at `field` (such as `spec.selector`). */
export function validateLabelSelector(selector: LabelSelectorObject | null | undefined, field: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const key in selector?.matchLabels) {
    const at = `${field}.matchLabels`;
    const value = selector.matchLabels[key]!;
    for (const message of qualifiedNameErrors(key)) errors.push(invalidValue(at, key, message));
    for (const message of labelValueErrors(value)) errors.push(invalidValue(at, value, message));
  }
  selector?.matchExpressions?.forEach((expression, index) => {
    errors.push(...validateExpression(expression, `${field}.matchExpressions[${index}]`));
  });
  return errors;
}

function validateExpression(expression: LabelSelectorExpression, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const values = expression.values ?? [];
  switch (expression.operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) {
        errors.push(required(`${field}.values`, "must be specified when `operator` is 'In' or 'NotIn'"));
      }
      break;
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        errors.push(
          forbiddenField(`${field}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"),
        );
      }
      break;
    default:
      errors.push(invalidValue(`${field}.operator`, expression.operator, 'not a valid selector operator'));
  }
  for (const message of qualifiedNameErrors(expression.key ?? '')) {
    errors.push(invalidValue(`${field}.key`, expression.key, message));
  }
  values.forEach((value, index) => {
    for (const message of labelValueErrors(value))
      errors.push(invalidValue(`${field}.values[${index}]`, value, message));
  });
  return errors;
}
