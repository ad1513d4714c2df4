import type { Schema } from './schema.ts';
import { SchemaNode } from './schema-node.ts';

const text = (wire: number, description: string): Schema => ({ type: 'string', description, wire });
const int64 = (wire: number, description: string): Schema => ({ type: 'integer', format: 'int64', description, wire });
const time = (wire: number, description: string): Schema => ({
  type: 'string',
  format: 'date-time',
  nullable: true,
  description,
  wire,
});
const textMap = (wire: number, description: string): Schema => ({
  type: 'object',
  additionalProperties: { type: 'string' },
  description,
  wire,
});

/** metav1.OwnerReference. */
export const ownerReferenceSchema: Schema = {
  type: 'object',
  description: 'Names an object that this one belongs to. It must be in the same namespace, or be cluster-scoped.',
  'x-kubernetes-map-type': 'atomic',
  required: ['apiVersion', 'kind', 'name', 'uid'],
  properties: {
    apiVersion: text(5, 'API group and version of the owner.'),
    kind: text(1, 'Kind of the owner.'),
    name: text(3, 'Name of the owner.'),
    uid: text(4, 'UID of the owner, so that an object of the same name that comes later is not mistaken for it.'),
    controller: { type: 'boolean', description: 'True for the one owner that manages this object.', wire: 6 },
    blockOwnerDeletion: {
      type: 'boolean',
      description: 'True if the owner, when it is deleted in the foreground, has to wait until this object is gone.',
      wire: 7,
    },
  },
};

/** metav1.ManagedFieldsEntry. */
export const managedFieldsEntrySchema: Schema = {
  type: 'object',
  description: 'The fields that one manager has set with one operation.',
  properties: {
    manager: text(1, 'Name of the program that set the fields.'),
    operation: text(2, 'How the fields were set: Apply or Update.'),
    apiVersion: text(3, 'Version of the resource in which the field paths are written.'),
    time: time(4, 'When fields were last added or changed by this manager.'),
    fieldsType: text(6, 'Format of the field set. Always FieldsV1.'),
    fieldsV1: {
      type: 'object',
      'x-kubernetes-preserve-unknown-fields': true,
      description: 'The set of fields, as a tree of path elements.',
      wire: 7,
    },
    subresource: text(8, 'Subresource through which the fields were set; empty for the object itself.'),
  },
};

/** metav1.ObjectMeta. Field numbers are those of its protobuf message. */
export const objectMetaSchema: Schema = {
  type: 'object',
  description: 'What every object has: identity, labels, ownership and life cycle.',
  properties: {
    name: text(1, 'Name of the object, unique within its namespace and resource. It cannot be changed.'),
    generateName: text(2, 'If there is no name, the server makes one from this prefix and a random suffix.'),
    namespace: text(3, 'Namespace of the object; empty for cluster-scoped ones. It cannot be changed.'),
    selfLink: text(4, 'No longer set.'),
    uid: text(5, 'Identity of the object across time, set by the server.'),
    resourceVersion: text(
      6,
      'Opaque version of the object. It changes with every write; updates that carry an old one fail.',
    ),
    generation: int64(7, 'Counts the changes of the desired state.'),
    creationTimestamp: time(8, 'When the object was created, set by the server.'),
    deletionTimestamp: time(9, 'When the object is or was to be deleted, set by the server upon a delete request.'),
    deletionGracePeriodSeconds: int64(
      10,
      'Seconds that the object may take to shut down once its deletion was requested.',
    ),
    labels: textMap(11, 'Keys and values by which objects are selected.'),
    annotations: textMap(12, 'Keys and values for tools to keep what they need; they cannot be selected by.'),
    ownerReferences: {
      type: 'array',
      items: ownerReferenceSchema,
      description: 'Objects that this one depends on. It is collected when all of them are gone.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['uid'],
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'uid',
      wire: 13,
    },
    finalizers: {
      type: 'array',
      items: { type: 'string' },
      description: 'Names of the parties that must finish their work before the object may go.',
      'x-kubernetes-list-type': 'set',
      'x-kubernetes-patch-strategy': 'merge',
      wire: 14,
    },
    managedFields: {
      type: 'array',
      items: managedFieldsEntrySchema,
      description: 'Who manages which fields, kept by the server for server-side apply.',
      'x-kubernetes-list-type': 'atomic',
      wire: 17,
    },
  },
};

/** metav1.ListMeta. */
export const listMetaSchema: Schema = {
  type: 'object',
  description: 'What every list has.',
  properties: {
    selfLink: text(1, 'No longer set.'),
    resourceVersion: text(2, 'Version of the store at which the list was read; a watch may start from it.'),
    continue: text(3, 'Token that gets the next page; empty on the last one.'),
    remainingItemCount: int64(4, 'Number of items on the pages that follow, if it is known.'),
  },
};

const apiVersionSchema: Schema = {
  type: 'string',
  description: 'API group and version in which the object is written, such as v1 or example.com/v1.',
};
const kindSchema: Schema = { type: 'string', description: 'Kind of the object, in CamelCase.' };

/**
 * Completes a kind's schema with apiVersion, kind and metadata. Restrictions that the schema itself puts on metadata
 * (a pattern for the name, say) are kept.
 */
export function withObjectMeta(schema: Schema): Schema {
  const { apiVersion, kind, metadata, ...rest } = schema.properties ?? {};
  return {
    ...schema,
    type: 'object',
    properties: {
      apiVersion: { ...apiVersionSchema, ...apiVersion },
      kind: { ...kindSchema, ...kind },
      metadata: metadata === undefined ? metadataProperty : mergeMetadata(metadata),
      ...rest,
    },
  };
}

const metadataProperty: Schema = { ...objectMetaSchema, wire: 1 };

function mergeMetadata(own: Schema): Schema {
  const properties: Record<string, Schema> = { ...objectMetaSchema.properties };
  for (const name in own.properties) {
    const known = properties[name];
    if (known !== undefined) properties[name] = { ...known, ...own.properties[name] };
  }
  return { ...metadataProperty, ...own, properties };
}

let sharedNode: SchemaNode | undefined;

/** {@link objectMetaSchema} compiled, shared by all schemas. */
export function objectMetaNode(): SchemaNode {
  sharedNode ??= new SchemaNode(objectMetaSchema);
  return sharedNode;
}
