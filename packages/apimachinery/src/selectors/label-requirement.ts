import type { FieldError } from '../meta/field-error.ts';
import { invalidValue } from '../meta/field-error.ts';
import { badRequest } from '../meta/status-error.ts';
import { labelValueErrors, qualifiedNameErrors } from '../validation/names.ts';

/** `in`, `=` and `==` mean the same, as do `notin` and `!=`; they differ in how they are written. */
export type LabelOperator = 'in' | 'notin' | '=' | '==' | '!=' | 'exists' | '!' | 'gt' | 'lt';

export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  /** Without duplicates. None for `exists` and `!`, one for `=`, `==`, `!=`, `gt`, `lt`. */
  readonly values: readonly string[];
}

/**
 * Checks the parts of a requirement.
 *
 * @throws StatusError 400 in Kubernetes' wording
 */
export function labelRequirement(key: string, operator: LabelOperator, values: readonly string[]): LabelRequirement {
  const errors: FieldError[] = [];
  const keyErrors = qualifiedNameErrors(key);
  if (keyErrors.length > 0) errors.push(invalidValue('key', key, keyErrors.join('; ')));
  const countError = wrongCount(operator, values.length);
  if (countError !== undefined) errors.push(invalidValue('values', values, countError));
  values.forEach((value, i) => {
    if ((operator === 'gt' || operator === 'lt') && int64Of(value) === undefined) {
      const rule = "for 'Gt', 'Lt' operators, the value must be an integer";
      errors.push(invalidValue(`values[${i}]`, value, rule));
    }
  });
  values.forEach((value, i) => {
    const valueErrors = labelValueErrors(value);
    if (valueErrors.length > 0) errors.push(invalidValue(`values[${i}][${key}]`, value, valueErrors.join('; ')));
  });
  if (errors.length > 0) throw badRequest(aggregate(errors));
  return { key, operator, values };
}

function wrongCount(operator: LabelOperator, count: number): string | undefined {
  switch (operator) {
    case 'in':
    case 'notin':
      return count === 0 ? "for 'in', 'notin' operators, values set can't be empty" : undefined;
    case '=':
    case '==':
    case '!=':
      return count !== 1 ? 'exact-match compatibility requires one single value' : undefined;
    case 'exists':
    case '!':
      return count !== 0 ? 'values set must be empty for exists and does not exist' : undefined;
    default:
      return count !== 1 ? "for 'Gt', 'Lt' operators, exactly one value is required" : undefined;
  }
}

function aggregate(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map((e) => `${e.field}: ${e.message}`))];
  return texts.length === 1 ? texts[0]! : `[${texts.join(', ')}]`;
}

/** A decimal number within 64 bits, or undefined. */
function int64Of(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]{1,63}$/.test(text)) return undefined;
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

/** A conjunction of requirements on labels. Immutable. */
export class LabelSelector {
  static readonly everything: LabelSelector = new LabelSelector([]);
  static readonly nothing: LabelSelector = new LabelSelector([], true);

  readonly requirements: readonly LabelRequirement[];
  readonly matchesNothing: boolean;

  constructor(requirements: readonly LabelRequirement[], matchesNothing = false) {
    this.requirements = requirements;
    this.matchesNothing = matchesNothing;
  }

  /** True if there is nothing to check: every object matches. */
  get empty(): boolean {
    return this.requirements.length === 0 && !this.matchesNothing;
  }

  matches(labels: Readonly<Record<string, string>> | null | undefined): boolean {
    if (this.matchesNothing) return false;
    for (const requirement of this.requirements) if (!holds(requirement, labels)) return false;
    return true;
  }

  /** The only value that the label `key` may have, if the selector says so: what an index can look up. */
  requiresExactMatch(key: string): string | undefined {
    for (const { key: own, operator, values } of this.requirements) {
      if (own === key && values.length === 1 && (operator === '=' || operator === '==' || operator === 'in'))
        return values[0];
    }
    return undefined;
  }

  /** Both must hold. */
  and(other: LabelSelector): LabelSelector {
    if (this.empty) return other;
    if (other.empty) return this;
    return new LabelSelector(
      [...this.requirements, ...other.requirements],
      this.matchesNothing || other.matchesNothing,
    );
  }

  /** The query string syntax. A selector that matches nothing has none and gives the empty text, as in Kubernetes. */
  toString(): string {
    return this.requirements.map(requirementText).join(',');
  }
}

function holds(
  { key, operator, values }: LabelRequirement,
  labels: Readonly<Record<string, string>> | null | undefined,
): boolean {
  const value = labels !== null && labels !== undefined && Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case '=':
    case '==':
      return value === values[0];
    case 'in':
      return value !== undefined && values.includes(value);
    case '!=':
      return value !== values[0];
    case 'notin':
      return value === undefined || !values.includes(value);
    case 'exists':
      return value !== undefined;
    case '!':
      return value === undefined;
    default: {
      const left = value === undefined ? undefined : int64Of(value);
      if (left === undefined) return false;
      const right = int64Of(values[0]!)!;
      return operator === 'gt' ? left > right : left < right;
    }
  }
}

function requirementText({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${values.toSorted().join(',')})`;
    case 'gt':
      return `${key}>${values[0]}`;
    case 'lt':
      return `${key}<${values[0]}`;
    default:
      return `${key}${operator}${values[0]}`;
  }
}
