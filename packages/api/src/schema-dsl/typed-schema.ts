import type { KubeObject, ObjectMeta, Schema } from '@canopy/apimachinery';

declare const inferred: unique symbol;

/** A schema that knows, at compile time only, the type of the values it describes. */
export type Typed<T> = Schema & { readonly [inferred]?: T };

/** The type of the values that a schema describes. */
export type Infer<S> = S extends { readonly [inferred]?: infer T } ? T : never;

export type Fields = Readonly<Record<string, Typed<unknown>>>;

export type Flatten<T> = { [K in keyof T]: T[K] };

/** The type of an object with `F` as its fields, of which `R` must be there. */
export type ObjectOf<F extends Fields, R extends keyof F> = Flatten<
  { [K in R]: Infer<F[K]> } & { [K in Exclude<keyof F, R>]?: Infer<F[K]> }
>;

/** The type of a whole API object whose schema is `S`. */
export type ObjectType<ApiVersion extends string, Kind extends string, S> = Flatten<
  { apiVersion: ApiVersion; kind: Kind; metadata: ObjectMeta } & Omit<Infer<S>, keyof KubeObjectBase>
>;

type KubeObjectBase = Pick<KubeObject, 'apiVersion' | 'kind' | 'metadata'>;

/** Keywords besides those that a builder sets itself. */
export type Keywords = Omit<
  Schema,
  'type' | 'description' | 'properties' | 'items' | 'additionalProperties' | 'required' | 'wire'
>;
