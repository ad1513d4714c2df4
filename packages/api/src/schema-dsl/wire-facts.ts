import type { Schema } from '@canopy/apimachinery';

/**
 * What a protobuf codec has to know of a schema besides its field number (`Schema.wire`). The facts belong to the
 * identity of the schema value: a copy that is not made with {@link copySchema} has none.
 */
export interface WireFacts {
  /** Name of the OpenAPI definition and of the protobuf message, such as `io.k8s.api.core.v1.ObjectReference`. */
  message?: string;
  /**
   * The field tells absent from zero: it is written only if it is set, and a zero that was read stays. Fields without
   * presence are always on the wire, and a zero that was read is dropped unless the field is required.
   */
  presence?: boolean;
}

const factsBySchema = new WeakMap<Schema, WireFacts>();

export function wireFactsOf(schema: Schema): WireFacts | undefined {
  return factsBySchema.get(schema);
}

export function addWireFacts(schema: Schema, facts: WireFacts): void {
  factsBySchema.set(schema, { ...factsBySchema.get(schema), ...facts });
}

/** A shallow copy with other keywords in it, which keeps the wire facts. */
export function copySchema<S extends Schema>(schema: S, keywords: Schema): S {
  const copy = { ...schema, ...keywords };
  const facts = factsBySchema.get(schema);
  if (facts !== undefined) factsBySchema.set(copy, facts);
  return copy;
}
