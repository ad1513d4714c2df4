/**
 * Messages whose JSON form is no object. Field numbers are those of Kubernetes' protobuf definitions.
 *
 * - `timestamp`: seconds = 1 (int64), nanos = 2 (int32); JSON is RFC 3339 with `digits` digits of fraction. An absent
 *   or empty message is null.
 * - `text`: string = 1.
 * - `json`: JSON text as bytes in field 1.
 * - `texts`: repeated string items = 1; JSON is the list itself.
 * - `schemaOrSchemas`: schema = 1, list of schemas = 2; JSON is the one or the other.
 * - `schemaOrBoolean`: boolean = 1, schema = 2; JSON is the one or the other.
 * - `schemaOrTexts`: schema = 1, repeated string = 2; JSON is the one or the other.
 */
export type SpecialMessage =
  | { form: 'timestamp'; digits: 0 | 6 }
  | { form: 'text' | 'json' | 'texts' | 'schemaOrSchemas' | 'schemaOrBoolean' | 'schemaOrTexts' };

const apiextensionsV1 = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1';
const metaV1 = 'io.k8s.apimachinery.pkg.apis.meta.v1';

/** By message name, as in `WireFacts.message`. */
export const specialMessages: ReadonlyMap<string, SpecialMessage> = new Map<string, SpecialMessage>([
  [`${apiextensionsV1}.JSON`, { form: 'json' }],
  [`${apiextensionsV1}.JSONSchemaPropsOrArray`, { form: 'schemaOrSchemas' }],
  [`${apiextensionsV1}.JSONSchemaPropsOrBool`, { form: 'schemaOrBoolean' }],
  [`${apiextensionsV1}.JSONSchemaPropsOrStringArray`, { form: 'schemaOrTexts' }],
  [`${metaV1}.FieldsV1`, { form: 'json' }],
  [`${metaV1}.MicroTime`, { form: 'timestamp', digits: 6 }],
  [`${metaV1}.Time`, { form: 'timestamp', digits: 0 }],
  [`${metaV1}.Verbs`, { form: 'texts' }],
  ['io.k8s.api.authentication.v1.AttestationValue', { form: 'texts' }],
  ['io.k8s.api.authentication.v1.ExtraValue', { form: 'texts' }],
  ['io.k8s.api.authorization.v1.ExtraValue', { form: 'texts' }],
  ['io.k8s.api.certificates.v1.ExtraValue', { form: 'texts' }],
  ['io.k8s.apimachinery.pkg.api.resource.Quantity', { form: 'text' }],
  ['io.k8s.apimachinery.pkg.runtime.RawExtension', { form: 'json' }],
]);
