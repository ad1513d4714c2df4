import type { ObjectMeta } from '@canopy/apimachinery';

/** Annotation that names the logical cluster of an object that was read across clusters. */
export const clusterAnnotation = 'kcp.io/cluster';

/** Which object. `namespace` is `''` for cluster scope. */
export interface ObjectKey {
  cluster: string;
  namespace: string;
  name: string;
}

/** What keys are made of. */
export interface WithMetadata {
  metadata: ObjectMeta;
}

/** `cluster` is where objects without the annotation lie. */
export function objectKey(object: WithMetadata, cluster = ''): ObjectKey {
  const { annotations, namespace = '', name = '' } = object.metadata;
  return { cluster: annotations?.[clusterAnnotation] ?? cluster, namespace, name };
}

/** `cluster|namespace/name`, or `cluster|name` for cluster scope. */
export function keyText(key: ObjectKey): string {
  return key.namespace === '' ? `${key.cluster}|${key.name}` : `${key.cluster}|${key.namespace}/${key.name}`;
}
