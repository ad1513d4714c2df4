export type { NamespaceLifecycleOptions, NamespaceState } from './admission/namespace-lifecycle.ts';
export { immortalNamespaces, isNamespaceTerminating, namespaceLifecycle } from './admission/namespace-lifecycle.ts';
export { namespaceFinalizer, namespaceNameLabel } from './core/namespace-strategy.ts';
export { convertEvent, storedEventVersion } from './events/event-conversion.ts';
export { eventLifetimeSeconds } from './events/event-object.ts';
export { strategies } from './strategies.ts';
