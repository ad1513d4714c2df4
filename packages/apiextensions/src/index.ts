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
export type { CrdNeighbourhood } from './definition/crd-strategy.ts';
export { crdGroupIndex, crdGroupIndexValue, crdStrategy } from './definition/crd-strategy.ts';
export type { StoredNeighbourhoodOptions } from './definition/stored-neighbourhood.ts';
export { crdNameGuardPrefix, storedNeighbourhood } from './definition/stored-neighbourhood.ts';
export { compareVersionPriority } from './definition/version-priority.ts';
export type { NameConflictReason, NameDecision, TakenNames } from './names/name-conflicts.ts';
export { decideNames, takenNames } from './names/name-conflicts.ts';
export type { NameNeighbours } from './names/settle-status.ts';
export { settleStatus } from './names/settle-status.ts';
export { validateDefinition, validateDefinitionUpdate } from './validation/crd-validation.ts';
