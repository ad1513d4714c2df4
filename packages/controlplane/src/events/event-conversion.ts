import type { KubeObject } from '@canopy/apimachinery';

/**
 * Events have two APIs over one storage: core/v1 and events.k8s.io/v1. They differ in nothing but the names of some
 * fields (KEP-383, "New Event API").
 */
const renamed: readonly (readonly [core: string, events: string])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
];

/** Storage version of `events.k8s.io` events: the form of core/v1, under a name that no client can ask for. */
export const storedEventVersion = 'core-v1';
const coreApiVersion = 'v1';
const eventsApiVersion = 'events.k8s.io/v1';

/**
 * `convert` of the served resource `events.k8s.io/events`, whose storage version is {@link storedEventVersion}.
 * Changes the object in place.
 */
export function convertEvent(object: KubeObject, toVersion: string): KubeObject {
  const toCore = toVersion === storedEventVersion;
  const target = toCore ? coreApiVersion : eventsApiVersion;
  if (object.apiVersion === target) return object;
  for (const [core, events] of renamed) {
    const [from, to] = toCore ? [events, core] : [core, events];
    if (!Object.hasOwn(object, from)) continue;
    object[to] = object[from];
    delete object[from];
  }
  object.apiVersion = target;
  return object;
}
