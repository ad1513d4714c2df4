import { message, wire, withKeywords } from '../schema-dsl/composites.ts';
import { string } from '../schema-dsl/scalars.ts';
import type { Infer } from '../schema-dsl/typed-schema.ts';

/** v1.ObjectReference. */
export const objectReferenceSchema = message(
  'io.k8s.api.core.v1.ObjectReference',
  'Names another object, or a part of it.',
  {
    kind: wire(1, string('Kind of the object.')),
    namespace: wire(2, string('Namespace of the object; empty for cluster-scoped ones.')),
    name: wire(3, string('Name of the object.')),
    uid: wire(4, string('UID of the object.')),
    apiVersion: wire(5, string('API group and version of the object.')),
    resourceVersion: wire(6, string('The version of the object that is meant, if one is.')),
    fieldPath: wire(
      7,
      string('Path of the part that is meant, such as spec.containers[2]; empty for the whole object.'),
    ),
  },
  { 'x-kubernetes-map-type': 'atomic' },
);

/** v1.LocalObjectReference. */
export const localObjectReferenceSchema = message(
  'io.k8s.api.core.v1.LocalObjectReference',
  'Names an object in the same namespace.',
  { name: wire(1, withKeywords(string('Name of the object.'), { default: '' })) },
  { 'x-kubernetes-map-type': 'atomic' },
);

/** v1.SecretReference, as custom resources have it. */
export const secretReferenceSchema = message(
  'io.k8s.api.core.v1.SecretReference',
  'Names a secret.',
  {
    name: wire(1, string('Name of the secret.')),
    namespace: wire(2, string('Namespace of the secret.')),
  },
  { 'x-kubernetes-map-type': 'atomic' },
);

export type ObjectReference = Infer<typeof objectReferenceSchema>;
