import {
  listMetaSchema,
  managedFieldsEntrySchema,
  objectMetaSchema,
  ownerReferenceSchema,
  type Schema,
} from '@canopy/apimachinery';
import { metaDefinition } from './definition-names.ts';

const text = (description: string): Schema => ({ type: 'string', description });
const texts = (description: string): Schema => ({
  type: 'array',
  items: { type: 'string' },
  description,
  'x-kubernetes-list-type': 'atomic',
});
const typeMeta: Record<string, Schema> = {
  apiVersion: text('API group and version in which the object is written, such as v1 or example.com/v1.'),
  kind: text('Kind of the object, in CamelCase.'),
};

const preconditions: Schema = {
  type: 'object',
  description: 'What must hold for the operation to be carried out.',
  properties: {
    uid: text('UID that the object must have.'),
    resourceVersion: text('Resource version that the object must have.'),
  },
};

const deleteOptions: Schema = {
  type: 'object',
  description: 'How objects are to be deleted.',
  properties: {
    ...typeMeta,
    dryRun: texts('All: go through every step but do not store the outcome.'),
    gracePeriodSeconds: {
      type: 'integer',
      format: 'int64',
      description: 'Seconds to wait before the deletion; 0 means at once.',
    },
    orphanDependents: { type: 'boolean', description: 'Deprecated, use propagationPolicy.' },
    preconditions,
    propagationPolicy: text('What happens to dependents: Orphan, Background or Foreground.'),
  },
};

const statusCause: Schema = {
  type: 'object',
  description: 'One reason for a failure.',
  properties: {
    field: text('Path of the field that caused it, such as items[0].name.'),
    message: text('The cause, for people.'),
    reason: text('The cause, for programs.'),
  },
};

const statusDetails: Schema = {
  type: 'object',
  description: 'More about an outcome. Which fields are set depends on the reason.',
  properties: {
    causes: {
      type: 'array',
      items: statusCause,
      description: 'Causes of a failure, if there are several.',
      'x-kubernetes-list-type': 'atomic',
    },
    group: text('API group of the resource that the outcome is about.'),
    kind: text('Resource or kind that the outcome is about.'),
    name: text('Name of the object that the outcome is about.'),
    retryAfterSeconds: { type: 'integer', format: 'int32', description: 'Seconds after which it may be tried again.' },
    uid: text('UID of the object that the outcome is about.'),
  },
};

const status: Schema = {
  type: 'object',
  description: 'The outcome of a call that returns no other object.',
  properties: {
    ...typeMeta,
    code: { type: 'integer', format: 'int32', description: 'HTTP status code.' },
    details: statusDetails,
    message: text('The outcome, for people.'),
    metadata: listMetaSchema,
    reason: text('Why the call failed, for programs.'),
    status: text('Success or Failure.'),
  },
};

const patch: Schema = {
  type: 'object',
  description: 'A change of an object, written as the Content-Type of the request says.',
};

const scaleSchema: Schema = {
  type: 'object',
  description: 'The size of something that has replicas.',
  properties: {
    ...typeMeta,
    metadata: objectMetaSchema,
    spec: {
      type: 'object',
      description: 'The desired size.',
      properties: {
        replicas: { type: 'integer', format: 'int32', description: 'Number of replicas that there should be.' },
      },
    },
    status: {
      type: 'object',
      description: 'The observed size.',
      required: ['replicas'],
      properties: {
        replicas: { type: 'integer', format: 'int32', description: 'Number of replicas that there are.' },
        selector: text('Label selector, as text, of the replicas.'),
      },
    },
  },
};

export const scaleDefinition = 'io.k8s.api.autoscaling.v1.Scale';

/** Schemas that all kinds share, by the names under which Kubernetes publishes them. */
export const sharedSchemas: ReadonlyMap<string, Schema> = new Map([
  [metaDefinition('ObjectMeta'), objectMetaSchema],
  [metaDefinition('OwnerReference'), ownerReferenceSchema],
  [metaDefinition('ManagedFieldsEntry'), managedFieldsEntrySchema],
  [metaDefinition('ListMeta'), listMetaSchema],
  [metaDefinition('DeleteOptions'), deleteOptions],
  [metaDefinition('Preconditions'), preconditions],
  [metaDefinition('Status'), status],
  [metaDefinition('StatusDetails'), statusDetails],
  [metaDefinition('StatusCause'), statusCause],
  [metaDefinition('Patch'), patch],
  [scaleDefinition, scaleSchema],
]);

/** The same by identity, so that a schema which contains one of them refers to it. */
export const sharedSchemaNames: ReadonlyMap<Schema, string> = new Map(
  [...sharedSchemas].map(([name, schema]) => [schema, name]),
);
