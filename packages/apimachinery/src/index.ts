export type { ApplyObjectOptions, ApplyResult } from './apply/apply-object.ts';
export { applyObject } from './apply/apply-object.ts';
export type { FieldSet } from './apply/field-set.ts';
export type { UpdateManagedFieldsOptions } from './apply/update-managed-fields.ts';
export { updateManagedFields } from './apply/update-managed-fields.ts';
export { deepCopy } from './deep-copy.ts';
export { deepEqual } from './deep-equal.ts';
export { base36, base36Padded, base62, base62Padded } from './hash-text.ts';
export { findDuplicateKeys, maxJsonDepth, parseJson } from './json.ts';
export type { JsonPathGetter } from './json-path.ts';
export { compileJsonPath, compileJsonPathAll, JsonPathError } from './json-path.ts';
export type { FieldError, FieldErrorReason } from './meta/field-error.ts';
export {
  duplicate,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
  tooLong,
  tooMany,
  typeInvalid,
} from './meta/field-error.ts';
export type {
  JsonObject,
  JsonValue,
  KubeList,
  KubeObject,
  ListMeta,
  ManagedFieldsEntry,
  ObjectMeta,
  OwnerReference,
} from './meta/object.ts';
export { apiVersionOf, parseApiVersion } from './meta/object.ts';
export type {
  GroupResource,
  Status,
  StatusCause,
  StatusDetails,
  StatusErrorInit,
  StatusReason,
} from './meta/status-error.ts';
export {
  alreadyExists,
  badRequest,
  conflict,
  expired,
  forbidden,
  groupResourceText,
  internalError,
  invalid,
  isStatusError,
  methodNotAllowed,
  notAcceptable,
  notFound,
  pathNotFound,
  requestEntityTooLarge,
  StatusError,
  serviceUnavailable,
  timeout,
  tooManyRequests,
  unauthorized,
  unsupportedMediaType,
} from './meta/status-error.ts';
// Strategic merge, JSON patch and server-side apply.
export type { JsonPatchErrorKind, JsonPatchOptions } from './patch/json-patch.ts';
export { applyJsonPatch, JsonPatchError } from './patch/json-patch.ts';
export { applyMergePatch, createMergePatch, MergePatchError } from './patch/merge-patch.ts';
export { patchStatusError } from './patch/patch-status-error.ts';
export { StrategicMergePatchError } from './patch/strategic-merge-meta.ts';
export { applyStrategicMergePatch } from './patch/strategic-merge-patch.ts';
export type { QuantityFormat } from './quantity.ts';
export { Quantity, QuantityError } from './quantity.ts';
export type {
  PrinterColumn,
  ResourceDeclaration,
  ResourceNames,
  ScaleSubresource,
  Verb,
  VersionDeclaration,
} from './resource/resource-declaration.ts';
export { allVerbs } from './resource/resource-declaration.ts';
export { compileSchema } from './schema/compile-schema.ts';
export type {
  CompiledNode,
  CompiledRule,
  CompiledSchema,
  PruneOptions,
  ValidateOptions,
} from './schema/compiled-schema.ts';
export { defaultMaxErrors, unknownFieldMessage } from './schema/compiled-schema.ts';
export {
  listMetaSchema,
  managedFieldsEntrySchema,
  objectMetaSchema,
  ownerReferenceSchema,
  withObjectMeta,
} from './schema/object-meta-schema.ts';
export type { Schema, ValidationRule } from './schema/schema.ts';
export type { StructuralOptions } from './schema/structural-schema.ts';
export { validateStructural } from './schema/structural-schema.ts';
export type { FieldRequirement } from './selectors/field-selector.ts';
export { escapeFieldValue, FieldSelector, parseFieldSelector } from './selectors/field-selector.ts';
export type { LabelOperator, LabelRequirement } from './selectors/label-requirement.ts';
export { LabelSelector } from './selectors/label-requirement.ts';
export type { LabelSelectorExpression, LabelSelectorObject } from './selectors/label-selector.ts';
export { labelSelectorOf, parseLabelSelector, validateLabelSelector } from './selectors/label-selector.ts';
export type { Clock } from './time.ts';
export {
  formatDuration,
  formatMicroTime,
  formatTime,
  humanDuration,
  isDate,
  now,
  parseDuration,
  parseTime,
  systemClock,
} from './time.ts';
export { codePointLength, utf8Length } from './utf8-length.ts';
export type { NameValidation } from './validation/names.ts';
export {
  configMapKeyErrors,
  dns1035LabelErrors,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelValueErrors,
  nameErrors,
  pathSegmentNameErrors,
  qualifiedNameErrors,
} from './validation/names.ts';
export type { ObjectMetaRules } from './validation/object-meta.ts';
export {
  maxAnnotationBytes,
  validateFieldManager,
  validateLabels,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from './validation/object-meta.ts';
export { parseYamlDocument, parseYamlDocuments, stringifyYaml } from './yaml.ts';
