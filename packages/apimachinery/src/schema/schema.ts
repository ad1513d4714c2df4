import type { JsonValue } from '../meta/object.ts';

/**
 * A structural OpenAPI v3 schema, the subset of JSONSchemaProps (apiextensions.k8s.io/v1) that describes API objects,
 * for built-in kinds and custom resources alike. Source of the rules: Kubernetes documentation, "Extend the Kubernetes
 * API with CustomResourceDefinitions".
 */
export interface Schema {
  type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  format?: string;
  title?: string;
  description?: string;
  default?: JsonValue;
  nullable?: boolean;
  enum?: JsonValue[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  required?: string[];
  items?: Schema;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minProperties?: number;
  maxProperties?: number;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  not?: Schema;
  example?: JsonValue;
  externalDocs?: { description?: string; url?: string };
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: string[];
  'x-kubernetes-map-type'?: 'atomic' | 'granular';
  'x-kubernetes-validations'?: ValidationRule[];
  /** Strategic merge patch, built-in kinds only: `merge`, `replace`, `retainKeys`, or a comma list of them. */
  'x-kubernetes-patch-strategy'?: string;
  /** Strategic merge patch, built-in kinds only: the field that identifies a list item. */
  'x-kubernetes-patch-merge-key'?: string;
  /** Protobuf field number of this property in its message, built-in kinds only. */
  wire?: number;
}

/** A CEL rule of `x-kubernetes-validations`. */
export interface ValidationRule {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
  optionalOldSelf?: boolean;
}
