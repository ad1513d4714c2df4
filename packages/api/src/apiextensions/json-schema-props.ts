import type { Schema } from '@canopy/apimachinery';
import { anyObject, atomicList, mapOf, mergedListMap, message, wire, wireOptional } from '../schema-dsl/composites.ts';
import { anyJson, boolean, double, int64, oneOfStrings, string } from '../schema-dsl/scalars.ts';
import type { Typed } from '../schema-dsl/typed-schema.ts';
import { addWireFacts } from '../schema-dsl/wire-facts.ts';

const apiextensionsV1 = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';

/** Message name of a JSON schema. */
export const jsonSchemaPropsMessage = `${apiextensionsV1}.JSONSchemaProps`;

/**
 * A schema within a schema. A structural schema cannot contain itself, so the content is open here; codecs and
 * OpenAPI follow the message name back to {@link jsonSchemaPropsSchema}.
 */
function nested(description: string): Typed<Schema> {
  const schema = anyObject(description);
  addWireFacts(schema, { message: jsonSchemaPropsMessage });
  return schema as Typed<Schema>;
}

function nestedOr(name: string, description: string): Typed<unknown> {
  return anyJson(`${apiextensionsV1}.${name}`, description);
}

const json = `${apiextensionsV1}.JSON`;
const anySchema = 'A schema.';

const validationRuleSchema = message(
  `${apiextensionsV1}.ValidationRule`,
  'A condition in CEL.',
  {
    rule: wire(1, string('Expression that has to be true. self is the value, oldSelf the one before an update.')),
    message: wire(2, string('What is said if it is false. Needed if the rule has line breaks.')),
    messageExpression: wire(3, string('Expression that gives what is said if the rule is false. Goes before message.')),
    reason: wireOptional(
      4,
      oneOfStrings('What kind of error it is. Default: FieldValueInvalid.', [
        'FieldValueDuplicate',
        'FieldValueForbidden',
        'FieldValueInvalid',
        'FieldValueRequired',
      ]),
    ),
    fieldPath: wire(5, string('Path, from here, of the field that the error is reported at.')),
    optionalOldSelf: wireOptional(
      6,
      boolean('Whether a rule with oldSelf is also checked when there is no old value. oldSelf is optional then.'),
    ),
  },
  { required: ['rule'] },
);

const externalDocsSchema = message(`${apiextensionsV1}.ExternalDocumentation`, 'More documentation.', {
  description: wire(1, string('What is there.')),
  url: wire(2, string('Where it is.')),
});

/** The keywords of JSON Schema that a custom resource may use. */
const keywords = {
  id: wire(1, string('Not allowed in structural schemas.')),
  $schema: wire(2, string('Dialect of the schema. Ignored.')),
  $ref: wireOptional(3, string('Not allowed.')),
  description: wire(4, string('What the value is.')),
  type: wire(5, string('Type of the value: object, array, string, integer, number or boolean.')),
  format: wire(6, string('Format of the value, such as date-time. Unknown ones are ignored.')),
  title: wire(7, string('Short name of the value.')),
  default: wireOptional(8, anyJson(json, 'Value that is filled in if there is none.')),
  maximum: wireOptional(9, double('Greatest number that is allowed.')),
  exclusiveMaximum: wire(10, boolean('Whether the maximum itself is not allowed.')),
  minimum: wireOptional(11, double('Least number that is allowed.')),
  exclusiveMinimum: wire(12, boolean('Whether the minimum itself is not allowed.')),
  maxLength: wireOptional(13, int64('Greatest number of characters.')),
  minLength: wireOptional(14, int64('Least number of characters.')),
  pattern: wire(15, string('Regular expression that the text has to match.')),
  maxItems: wireOptional(16, int64('Greatest number of items.')),
  minItems: wireOptional(17, int64('Least number of items.')),
  uniqueItems: wire(18, boolean('Must not be true: use x-kubernetes-list-type: set.')),
  multipleOf: wireOptional(19, double('Number of which the value has to be a multiple.')),
  enum: wire(20, atomicList('Values that are allowed.', anyJson(json, 'A value.'))),
  maxProperties: wireOptional(21, int64('Greatest number of fields.')),
  minProperties: wireOptional(22, int64('Least number of fields.')),
  required: wire(23, atomicList('Fields that must be there.', string('Name of a field.'))),
  items: wireOptional(24, nestedOr('JSONSchemaPropsOrArray', 'Schema of the items.')),
  allOf: wire(25, atomicList('Schemas of which all must fit.', nested(anySchema))),
  oneOf: wire(26, atomicList('Schemas of which exactly one must fit.', nested(anySchema))),
  anyOf: wire(27, atomicList('Schemas of which at least one must fit.', nested(anySchema))),
  not: wireOptional(28, nested('Schema that must not fit.')),
  properties: wire(29, mapOf('Schemas of the fields.', nested(anySchema))),
  additionalProperties: wireOptional(30, nestedOr('JSONSchemaPropsOrBool', 'Schema of all other fields.')),
  patternProperties: wire(31, mapOf('Not allowed.', nested(anySchema))),
  dependencies: wire(
    32,
    mapOf('Not allowed.', nestedOr('JSONSchemaPropsOrStringArray', 'A schema or names of fields.')),
  ),
  additionalItems: wireOptional(33, nestedOr('JSONSchemaPropsOrBool', 'Not allowed.')),
  definitions: wire(34, mapOf('Not allowed.', nested(anySchema))),
  externalDocs: wireOptional(35, externalDocsSchema),
  example: wireOptional(36, anyJson(json, 'An example of the value.')),
  nullable: wire(37, boolean('Whether null is allowed.')),
};

/** The keywords that Kubernetes adds to JSON Schema. */
const extensions = {
  'x-kubernetes-preserve-unknown-fields': wireOptional(
    38,
    boolean('Whether fields are kept that the schema does not have.'),
  ),
  'x-kubernetes-embedded-resource': wire(
    39,
    boolean('Whether the value is a whole API object, with apiVersion, kind and metadata.'),
  ),
  'x-kubernetes-int-or-string': wire(40, boolean('Whether the value is an integer or a string.')),
  'x-kubernetes-list-map-keys': wire(
    41,
    atomicList('Fields that tell the items of a list of type map apart.', string('Name of a field.')),
  ),
  'x-kubernetes-list-type': wireOptional(42, string('How a list is merged: atomic, set or map.')),
  'x-kubernetes-map-type': wireOptional(43, string('How an object is merged: granular or atomic.')),
  'x-kubernetes-validations': wire(
    44,
    mergedListMap('rule', 'Conditions that the value has to meet.', validationRuleSchema),
  ),
};

/** apiextensions/v1.JSONSchemaProps. */
export const jsonSchemaPropsSchema = message(
  jsonSchemaPropsMessage,
  'The schema of the objects, in the structural form of OpenAPI v3.',
  { ...keywords, ...extensions },
) as Typed<unknown> as Typed<Schema>;
