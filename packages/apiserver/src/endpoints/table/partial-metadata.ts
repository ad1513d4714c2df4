import type { KubeObject, ListMeta, ObjectMeta } from '@canopy/apimachinery';
import type { MetaVersion } from '../negotiation/representation.ts';

/** meta.k8s.io PartialObjectMetadata. */
export interface PartialObjectMetadata {
  kind: 'PartialObjectMetadata';
  apiVersion: string;
  metadata: ObjectMeta;
}

/** meta.k8s.io PartialObjectMetadataList. */
export interface PartialObjectMetadataList {
  kind: 'PartialObjectMetadataList';
  apiVersion: string;
  metadata: ListMeta;
  items: PartialObjectMetadata[];
}

/** An object reduced to its metadata, which is shared with the object. */
export function partialObject(object: KubeObject, version: MetaVersion): PartialObjectMetadata {
  return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${version}`, metadata: object.metadata };
}

export function partialList(
  items: readonly KubeObject[],
  version: MetaVersion,
  metadata: ListMeta,
): PartialObjectMetadataList {
  return {
    kind: 'PartialObjectMetadataList',
    apiVersion: `meta.k8s.io/${version}`,
    metadata,
    items: items.map((item) => partialObject(item, version)),
  };
}
