import type { KubeObject } from '@canopy/apimachinery';
import type { Strategy } from '@canopy/apiserver';
import { type CoreEvent, eventLifetimeSeconds, type ObjectReference } from './event-object.ts';
import { validateChangedEvent, validateCoreEvent, validateNewEvent } from './event-validation.ts';

type Getter = (object: KubeObject) => string;

const referenceFields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'] as const;

function referenceGetters(prefix: string): Record<string, Getter> {
  const getters: Record<string, Getter> = {};
  for (const field of referenceFields) {
    getters[`${prefix}.${field}`] = (object) => {
      const reference: ObjectReference | undefined = (object as CoreEvent).involvedObject;
      return reference?.[field] ?? '';
    };
  }
  return getters;
}

const reason: Getter = (object) => (object as CoreEvent).reason ?? '';
const type: Getter = (object) => (object as CoreEvent).type ?? '';
const reporter: Getter = (object) => (object as CoreEvent).reportingComponent ?? '';
const source: Getter = (object) => (object as CoreEvent).source?.component || reporter(object);

const lifetime = (): number => eventLifetimeSeconds;

/** Events of core/v1. */
export const coreEventStrategy: Strategy = {
  tracksGeneration: false,
  allowCreateOnUpdate: true,
  timeToLiveSeconds: lifetime,
  validateCreate: (object) => validateCoreEvent(object as CoreEvent),
  validateUpdate: (object) => validateCoreEvent(object as CoreEvent),
  selectableFields: { ...referenceGetters('involvedObject'), reason, type, source, reportingComponent: reporter },
};

/** Events of events.k8s.io/v1; objects reach the hooks in their stored form, which is that of core/v1. */
export const eventsEventStrategy: Strategy = {
  tracksGeneration: false,
  allowCreateOnUpdate: true,
  timeToLiveSeconds: lifetime,
  validateCreate: (object) => validateNewEvent(object as CoreEvent),
  validateUpdate: (object, old) => validateChangedEvent(object as CoreEvent, old as CoreEvent),
  selectableFields: { ...referenceGetters('regarding'), reason, type, reportingController: reporter },
};
