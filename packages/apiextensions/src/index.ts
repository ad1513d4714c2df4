export type { CrdNamesAdmissionOptions } from './admission/crd-names-admission.ts';
export { crdNamesAdmission } from './admission/crd-names-admission.ts';
export type { ConversionRequest } from './conversion/conversion-review.ts';
export { ConversionError } from './conversion/conversion-review.ts';
export type { ObjectConverter, WebhookConverterOptions } from './conversion/webhook-converter.ts';
export { webhookConverter } from './conversion/webhook-converter.ts';
export { crdDeclaration } from './definition/crd-declaration.ts';
export type {
  CrdCondition,
  CrdConditionType,
  CrdConversion,
  CrdNames,
  CrdObject,
  CrdSpec,
  CrdStatus,
  CrdVersion,
  WebhookClientConfig,
} from './definition/crd-object.ts';
export {
  cleanupFinalizer,
  crdGroup,
  crdNameOf,
  crdPlural,
  findCondition,
  isConditionTrue,
  isEstablished,
  isTerminating,
  storageVersionOf,
  withCondition,
} from './definition/crd-object.ts';
export { compareVersionPriority } from './definition/version-priority.ts';
export type { CrdDeletionPorts, CrdDeletionStep } from './deletion/reconcile-crd-deletion.ts';
export { reconcileCrdDeletion } from './deletion/reconcile-crd-deletion.ts';
export type { NameConflictReason, NameDecision, TakenNames } from './names/name-conflicts.ts';
export { decideNames, takenNames } from './names/name-conflicts.ts';
export type { NameNeighbours } from './names/settle-status.ts';
export { settleStatus } from './names/settle-status.ts';
export type { CrdNeighbourhood } from './strategy/crd-strategy.ts';
export { crdGroupIndex, crdGroupIndexValue, crdStrategy } from './strategy/crd-strategy.ts';
export { customResourceStrategy } from './strategy/custom-resource-strategy.ts';
export type { StoredNeighbourhoodOptions } from './strategy/stored-neighbourhood.ts';
export { crdNameGuardPrefix, storedNeighbourhood } from './strategy/stored-neighbourhood.ts';
export { validateDefinition, validateDefinitionUpdate } from './validation/crd-validation.ts';
