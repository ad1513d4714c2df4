import type { FieldError } from '../meta/field-error.ts';
import type { JsonObject, JsonValue } from '../meta/object.ts';
import type { Schema, ValidationRule } from './schema.ts';

export interface ValidateOptions {
  /** Path that is put before the reported ones, such as `spec`; empty for a whole object. */
  root?: string;
  /** Stop after so many errors. Default {@link defaultMaxErrors}. */
  maxErrors?: number;
}

/** How many errors one `validate` reports at most. */
export const defaultMaxErrors = 100;

export interface PruneOptions {
  /**
   * The value is a whole API object: apiVersion, kind and the known fields of metadata are kept even if the schema does
   * not mention them. Default true; turn it off for values that are no objects, such as defaults.
   */
  isResourceRoot?: boolean;
}

/**
 * A schema made ready for use. It is immutable and may be shared by any number of workspaces; subtrees are compiled when
 * a value first reaches them.
 */
export interface CompiledSchema {
  readonly schema: Schema;
  readonly root: CompiledNode;
  /**
   * Errors of `value`, worded as Kubernetes words them for custom resources; empty if it is valid. The value is expected
   * to be pruned and defaulted. CEL rules are not evaluated: walk {@link root} for that.
   */
  validate(value: unknown, options?: ValidateOptions): FieldError[];
  /**
   * Removes, in place, the fields that the schema does not specify, and returns their paths (`spec.foo`,
   * `spec.list[2].bar`) sorted. {@link unknownFieldMessage} words them.
   */
  prune(value: JsonValue, options?: PruneOptions): string[];
  /** The paths that {@link prune} would remove; the value stays as it is. */
  findUnknownFields(value: JsonValue, options?: PruneOptions): string[];
  /**
   * Fills in defaults in place, outermost first, so that defaults inside of a defaulted object apply too. A null for a
   * field that is not nullable is replaced by the default if there is one, else removed (in lists it stays). Defaults
   * are copied each time they are used.
   */
  applyDefaults(value: JsonObject): void;
}

/** One node of the schema tree, as walked by the evaluator of `x-kubernetes-validations`. */
export interface CompiledNode {
  readonly schema: Schema;
  /** Rules of this very node. */
  readonly validations: readonly CompiledRule[];
  /** True if this node or one below has rules; a walk may skip the subtree otherwise. */
  readonly hasValidations: boolean;
  /** True if {@link hasValidations} and one of those rules compares with the old object. */
  readonly hasTransitionRules: boolean;
  /** True if this node or one below has a default. */
  readonly hasDefaults: boolean;
  /** The declared property, not the `additionalProperties`. */
  property(name: string): CompiledNode | undefined;
  propertyNames(): readonly string[];
  readonly items: CompiledNode | undefined;
  readonly additionalProperties: CompiledNode | undefined;
}

export interface CompiledRule {
  readonly rule: ValidationRule;
  /**
   * The expression mentions `oldSelf`: it is evaluated on updates only, unless `rule.optionalOldSelf` is set. Found by
   * looking for the identifier outside of string literals.
   */
  readonly isTransitionRule: boolean;
}

/** Kubernetes' wording of strict field validation: `unknown field "spec.foo"`. */
export function unknownFieldMessage(path: string): string {
  return `unknown field "${path}"`;
}
