import type { ListMeta, ObjectMeta, Schema } from '@canopy/apimachinery';
import { listMetaSchema, managedFieldsEntrySchema, objectMetaSchema, ownerReferenceSchema } from '@canopy/apimachinery';
import type { Typed } from '../schema-dsl/typed-schema.ts';
import type { WireFacts } from '../schema-dsl/wire-facts.ts';
import { addWireFacts, copySchema } from '../schema-dsl/wire-facts.ts';

const metaV1 = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const timeMessage = `${metaV1}.Time`;

/** A copy of `schema` as a named message, with the facts of some of its fields. */
function named(name: string, schema: Schema, fields: Readonly<Record<string, WireFacts & { items?: Schema }>>): Schema {
  const properties: Record<string, Schema> = { ...schema.properties };
  for (const [field, { items, ...facts }] of Object.entries(fields)) {
    const copy = copySchema(properties[field]!, items === undefined ? {} : { items });
    addWireFacts(copy, facts);
    properties[field] = copy;
  }
  const message = copySchema(schema, { properties });
  addWireFacts(message, { message: `${metaV1}.${name}` });
  return message;
}

const ownerReference = named('OwnerReference', ownerReferenceSchema, {
  controller: { presence: true },
  blockOwnerDeletion: { presence: true },
});

const managedFieldsEntry = named('ManagedFieldsEntry', managedFieldsEntrySchema, {
  time: { message: timeMessage, presence: true },
  fieldsV1: { message: `${metaV1}.FieldsV1`, presence: true },
});

/** metav1.ObjectMeta with its wire facts. It is field 1 of every kind, although the kinds' schemas leave it out. */
export const objectMetaMessageSchema = named('ObjectMeta', objectMetaSchema, {
  creationTimestamp: { message: timeMessage },
  deletionTimestamp: { message: timeMessage, presence: true },
  deletionGracePeriodSeconds: { presence: true },
  ownerReferences: { items: ownerReference },
  managedFields: { items: managedFieldsEntry },
}) as Typed<ObjectMeta>;

/** metav1.ListMeta with its wire facts. It is field 1 of every list, whose items are field 2. */
export const listMetaMessageSchema = named('ListMeta', listMetaSchema, {
  remainingItemCount: { presence: true },
}) as Typed<ListMeta>;
