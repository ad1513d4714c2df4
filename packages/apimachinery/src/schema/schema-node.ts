import { RE2JS } from 're2js';
import type { JsonValue } from '../meta/object.ts';
import type { CompiledNode, CompiledRule } from './compiled-schema.ts';
import type { FormatCheck } from './formats/formats.ts';
import { formatCheckOf } from './formats/formats.ts';
import type { Schema } from './schema.ts';

/** Kinds of JSON values as bits; the names are those of messages. */
export const kindBits = { string: 1, integer: 2, number: 4, boolean: 8, array: 16, object: 32, null: 64 } as const;
export type ValueKind = keyof typeof kindBits;

const bitsOfType: Readonly<Record<NonNullable<Schema['type']>, number>> = {
  string: 1,
  integer: 2,
  number: 4 | 2,
  boolean: 8,
  array: 16,
  object: 32,
};

const noRules: readonly CompiledRule[] = [];
const noNames: readonly string[] = [];

export interface DefaultedProperty {
  readonly name: string;
  readonly value: JsonValue;
  readonly nullable: boolean;
}

export interface Pattern {
  readonly source: string;
  /** Undefined if the expression does not compile; `error` then says why. */
  readonly expression: RE2JS | undefined;
  readonly error: string;
}

/**
 * A node of a compiled schema. What validation needs of its own keywords is worked out in the constructor; children are
 * made when they are first asked for, so that a large schema costs only what is used of it.
 */
export class SchemaNode implements CompiledNode {
  readonly schema: Schema;
  /** Bits of {@link kindBits} that the value may have; 0 for any. */
  readonly kinds: number;
  /** What messages say must be there: `integer`, or `integer,string`. */
  readonly typeText: string;
  readonly nullable: boolean;
  /** A `format` that applies to numbers; strings have {@link formatCheck}. */
  readonly numberFormat: string;
  readonly formatCheck: FormatCheck | undefined;
  readonly hasComposition: boolean;
  readonly hasStringRules: boolean;
  readonly preserve: boolean;
  readonly embedded: boolean;
  readonly #properties: Readonly<Record<string, Schema>> | undefined;
  readonly #children = new Map<string, SchemaNode>();
  #items: SchemaNode | undefined;
  #additional: SchemaNode | undefined;
  #composition: Composition | undefined;
  #defaulted: readonly DefaultedProperty[] | undefined;
  #pattern: Pattern | undefined;
  #rules: readonly CompiledRule[] | undefined;
  #traits: Traits | undefined;

  constructor(schema: Schema) {
    this.schema = schema;
    const intOrString = schema['x-kubernetes-int-or-string'] === true;
    this.kinds = intOrString ? 3 : schema.type === undefined ? 0 : (bitsOfType[schema.type] ?? 0);
    this.typeText = intOrString ? 'integer,string' : (schema.type ?? '');
    this.nullable = schema.nullable === true;
    const isText = !intOrString && (schema.type === undefined || schema.type === 'string');
    this.formatCheck = isText && schema.format !== undefined ? formatCheckOf(schema.format) : undefined;
    this.numberFormat = numberFormatOf(schema, intOrString);
    this.hasComposition =
      schema.allOf !== undefined ||
      schema.anyOf !== undefined ||
      schema.oneOf !== undefined ||
      schema.not !== undefined;
    this.hasStringRules =
      schema.maxLength !== undefined ||
      schema.minLength !== undefined ||
      schema.pattern !== undefined ||
      this.formatCheck !== undefined;
    this.preserve = schema['x-kubernetes-preserve-unknown-fields'] === true;
    this.embedded = schema['x-kubernetes-embedded-resource'] === true;
    this.#properties = schema.properties;
  }

  property(name: string): SchemaNode | undefined {
    const known = this.#children.get(name);
    if (known !== undefined || this.#properties === undefined || !Object.hasOwn(this.#properties, name)) return known;
    const child = new SchemaNode(this.#properties[name]!);
    this.#children.set(name, child);
    return child;
  }

  propertyNames(): readonly string[] {
    return this.#properties === undefined ? noNames : Object.keys(this.#properties);
  }

  get items(): SchemaNode | undefined {
    if (this.#items === undefined && this.schema.items !== undefined) this.#items = new SchemaNode(this.schema.items);
    return this.#items;
  }

  get additionalProperties(): SchemaNode | undefined {
    const schema = this.schema.additionalProperties;
    if (this.#additional === undefined && typeof schema === 'object') this.#additional = new SchemaNode(schema);
    return this.#additional;
  }

  /** The node that describes the member `name`. */
  member(name: string): SchemaNode | undefined {
    return this.property(name) ?? this.additionalProperties;
  }

  get composition(): Composition {
    const { allOf, anyOf, oneOf, not } = this.schema;
    this.#composition ??= {
      allOf: nodesOf(allOf),
      anyOf: nodesOf(anyOf),
      oneOf: nodesOf(oneOf),
      not: not === undefined ? undefined : new SchemaNode(not),
    };
    return this.#composition;
  }

  get pattern(): Pattern {
    this.#pattern ??= compilePattern(this.schema.pattern ?? '');
    return this.#pattern;
  }

  get defaultedProperties(): readonly DefaultedProperty[] {
    if (this.#defaulted === undefined) {
      const found: DefaultedProperty[] = [];
      for (const name in this.#properties) {
        const { default: value, nullable } = this.#properties[name]!;
        if (value !== undefined && value !== null) found.push({ name, value, nullable: nullable === true });
      }
      this.#defaulted = found;
    }
    return this.#defaulted;
  }

  get validations(): readonly CompiledRule[] {
    this.#rules ??=
      this.schema['x-kubernetes-validations']?.map((rule) => ({
        rule,
        isTransitionRule: mentionsOldSelf(rule.rule),
      })) ?? noRules;
    return this.#rules;
  }

  get hasValidations(): boolean {
    return this.#allTraits().validations;
  }

  get hasTransitionRules(): boolean {
    return this.#allTraits().transitions;
  }

  get hasDefaults(): boolean {
    return this.#allTraits().defaults;
  }

  #allTraits(): Traits {
    this.#traits ??= traitsOf(this.schema);
    return this.#traits;
  }
}

export interface Composition {
  readonly allOf: readonly SchemaNode[];
  readonly anyOf: readonly SchemaNode[];
  readonly oneOf: readonly SchemaNode[];
  readonly not: SchemaNode | undefined;
}

function nodesOf(schemas: readonly Schema[] | undefined): readonly SchemaNode[] {
  return schemas?.map((schema) => new SchemaNode(schema)) ?? [];
}

function numberFormatOf(schema: Schema, intOrString: boolean): string {
  const { format, type } = schema;
  if (intOrString || format === undefined) return '';
  if (type === 'integer') return format === 'int32' || format === 'int64' ? format : '';
  if (type === 'number') return format === 'float' || format === 'double' ? format : '';
  return '';
}

function compilePattern(source: string): Pattern {
  try {
    return { source, expression: RE2JS.compile(source), error: '' };
  } catch (error) {
    return { source, expression: undefined, error: error instanceof Error ? error.message : String(error) };
  }
}

interface Traits {
  validations: boolean;
  transitions: boolean;
  defaults: boolean;
}

function traitsOf(schema: Schema): Traits {
  const traits: Traits = {
    validations: (schema['x-kubernetes-validations']?.length ?? 0) > 0,
    transitions: schema['x-kubernetes-validations']?.some((rule) => mentionsOldSelf(rule.rule)) ?? false,
    defaults: schema.default !== undefined,
  };
  const add = (child: Schema): void => {
    const own = traitsOf(child);
    traits.validations ||= own.validations;
    traits.transitions ||= own.transitions;
    traits.defaults ||= own.defaults;
  };
  for (const name in schema.properties) add(schema.properties[name]!);
  if (typeof schema.additionalProperties === 'object') add(schema.additionalProperties);
  if (schema.items !== undefined) add(schema.items);
  return traits;
}

/** String literals and comments of CEL, or the identifier that is looked for. */
const celTokens =
  /"""(?:[^\\]|\\[\s\S])*?"""|'''(?:[^\\]|\\[\s\S])*?'''|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\/\/[^\n]*|(?<![\w.])oldSelf\b/g;

function mentionsOldSelf(expression: string): boolean {
  if (!expression.includes('oldSelf')) return false;
  for (const match of expression.matchAll(celTokens)) if (match[0] === 'oldSelf') return true;
  return false;
}
