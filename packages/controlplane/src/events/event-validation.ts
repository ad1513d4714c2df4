import {
  codePointLength,
  deepEqual,
  type FieldError,
  invalidValue,
  qualifiedNameErrors,
  required,
} from '@canopy/apimachinery';
import type { CoreEvent } from './event-object.ts';

const maxNameLength = 128;
const maxMessageLength = 1024;

/** The object that an event is about lives in the event's namespace; cluster-scoped ones have their events in `default`. */
function checkNamespaces(event: CoreEvent, errors: FieldError[]): void {
  const about = event.involvedObject?.namespace ?? '';
  const { namespace = '' } = event.metadata;
  const matches = about === '' ? namespace === 'default' || namespace === '' : about === namespace;
  if (!matches) errors.push(invalidValue('involvedObject.namespace', about, 'does not match event.namespace'));
}

function checkText(value: string | undefined, field: string, max: number, errors: FieldError[]): void {
  if (value === undefined || value === '') errors.push(required(field));
  else if (codePointLength(value) > max) errors.push(invalidValue(field, '', `can have at most ${max} characters`));
}

function checkReport(event: CoreEvent, controllerField: string, errors: FieldError[]): void {
  const controller = event.reportingComponent ?? '';
  if (controller === '') errors.push(required(controllerField));
  else
    for (const error of qualifiedNameErrors(controller)) errors.push(invalidValue(controllerField, controller, error));
  checkText(event.reportingInstance, 'reportingInstance', maxNameLength, errors);
  checkText(event.action, 'action', maxNameLength, errors);
  checkText(event.reason, 'reason', maxNameLength, errors);
  if (codePointLength(event.message ?? '') > maxMessageLength) {
    errors.push(invalidValue('message', '', `can have at most ${maxMessageLength} characters`));
  }
}

/** Rules of core/v1: strict for events that have an `eventTime`, lenient for all others. */
export function validateCoreEvent(event: CoreEvent): FieldError[] {
  const errors: FieldError[] = [];
  checkNamespaces(event, errors);
  if (event.eventTime) checkReport(event, 'reportingController', errors);
  return errors;
}

const types: readonly string[] = ['Normal', 'Warning'];

/** Rules of a new event of events.k8s.io/v1. */
export function validateNewEvent(event: CoreEvent): FieldError[] {
  const errors: FieldError[] = [];
  checkNamespaces(event, errors);
  if (!event.eventTime) errors.push(required('eventTime'));
  checkReport(event, 'reportingController', errors);
  if (!types.includes(event.type ?? '')) {
    errors.push(invalidValue('type', '', `has invalid value: ${event.type ?? ''}`));
  }
  for (const [stored, field] of [
    ['firstTimestamp', 'deprecatedFirstTimestamp'],
    ['lastTimestamp', 'deprecatedLastTimestamp'],
    ['count', 'deprecatedCount'],
    ['source', 'deprecatedSource'],
  ] as const) {
    if (isSet(event[stored])) errors.push(invalidValue(field, '', 'needs to be unset'));
  }
  const { series } = event;
  if (series !== undefined && series !== null) {
    if ((series.count ?? 0) < 2) errors.push(invalidValue('series.count', '', 'should be at least 2'));
    if (!series.lastObservedTime) errors.push(required('series.lastObservedTime'));
  }
  return errors;
}

function isSet(value: unknown): boolean {
  if (value === undefined || value === null || value === 0 || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** What never changes of an event of events.k8s.io/v1; its series does. */
const immutableFields = [
  ['involvedObject', 'regarding'],
  ['reason', 'reason'],
  ['action', 'action'],
  ['related', 'related'],
  ['reportingComponent', 'reportingController'],
  ['reportingInstance', 'reportingInstance'],
  ['type', 'type'],
  ['eventTime', 'eventTime'],
  ['message', 'note'],
] as const;

/** Errors of a change of an event through events.k8s.io/v1. */
export function validateChangedEvent(event: CoreEvent, old: CoreEvent): FieldError[] {
  const errors: FieldError[] = [];
  for (const [stored, field] of immutableFields) {
    if (!deepEqual(event[stored] ?? null, old[stored] ?? null)) {
      errors.push(invalidValue(field, event[stored] ?? '', 'field is immutable'));
    }
  }
  return errors;
}
