import { badRequest, type KubeObject, type ObjectMeta } from '@canopy/apimachinery';
import type { ClusterAccess } from './logical-cluster.ts';

/** Annotation by which clients of many logical clusters tell objects apart; on every object, written by the server. */
export const clusterAnnotation = 'kcp.io/cluster';

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
}

export interface Identifiers {
  uuid(): string;
  /** `length` random characters of the alphabet that generated names use. */
  suffix(length: number): string;
}

export const foregroundFinalizer = 'foregroundDeletion';
export const orphanFinalizer = 'orphan';

/** metav1.Time: RFC 3339, UTC, seconds. */
export function timestamp(clock: Clock): string {
  const second = Math.floor(clock.now() / 1000);
  if (second !== latest.second) {
    latest.second = second;
    latest.text = `${new Date(second * 1000).toISOString().slice(0, 19)}Z`;
  }
  return latest.text;
}

/** Many requests come in one second. */
const latest = { second: Number.NaN, text: '' };

const maxGeneratedBase = 58;

/** Sets what only the server may set on a new object; `generateName` becomes a name. */
export function stampNewObject(
  object: KubeObject,
  access: ClusterAccess,
  namespace: string | undefined,
  source: { now: string; ids: Identifiers; tracksGeneration: boolean },
): void {
  const meta = object.metadata;
  if (!meta.name && meta.generateName) {
    meta.name = `${meta.generateName.slice(0, maxGeneratedBase)}${source.ids.suffix(5)}`;
  }
  if (namespace === undefined) drop(meta, 'namespace');
  else meta.namespace = namespace;
  meta.uid = source.ids.uuid();
  meta.creationTimestamp = source.now;
  if (source.tracksGeneration) meta.generation = 1;
  else drop(meta, 'generation');
  drop(meta, 'resourceVersion');
  drop(meta, 'deletionTimestamp');
  drop(meta, 'deletionGracePeriodSeconds');
  stampCluster(meta, access);
}

/** Few clients send what is dropped, and an object from which something was deleted is slow to work with. */
function drop(meta: ObjectMeta, field: keyof ObjectMeta): void {
  if (meta[field] !== undefined) delete meta[field];
}

export function stampCluster(meta: ObjectMeta, access: ClusterAccess): void {
  if (meta.annotations?.[clusterAnnotation] === access.cluster) return;
  meta.annotations = { ...meta.annotations, [clusterAnnotation]: access.cluster };
}

/** The object as its writers made it: without the annotation that the server adds. A shallow copy where there is one. */
export function withoutClusterAnnotation(object: KubeObject): KubeObject {
  const { annotations } = object.metadata;
  if (annotations?.[clusterAnnotation] === undefined) return object;
  let own: Record<string, string> | undefined;
  for (const key in annotations) {
    if (key === clusterAnnotation) continue;
    own ??= {};
    own[key] = annotations[key] as string;
  }
  return { ...object, metadata: { ...object.metadata, annotations: own } as KubeObject['metadata'] };
}

/** Carries over what an update can never change; the client may send other values, they are ignored. */
export function keepServerMetadata(updated: ObjectMeta, old: ObjectMeta): void {
  updated.uid ??= old.uid;
  updated.creationTimestamp = old.creationTimestamp;
  updated.generation = old.generation;
  if (old.deletionTimestamp === undefined) {
    delete updated.deletionTimestamp;
    delete updated.deletionGracePeriodSeconds;
  } else {
    updated.deletionTimestamp = old.deletionTimestamp;
    if (old.deletionGracePeriodSeconds !== undefined) {
      updated.deletionGracePeriodSeconds = old.deletionGracePeriodSeconds;
    }
  }
  if (updated.namespace === undefined && old.namespace !== undefined) updated.namespace = old.namespace;
}

/** Refuses bodies that name another object or namespace than the URL does. */
export function matchUrl(object: KubeObject, url: { namespace: string | undefined; name?: string }): void {
  const meta = object.metadata;
  if (url.name !== undefined) {
    if (!meta.name) meta.name = url.name;
    else if (meta.name !== url.name) {
      throw badRequest(`the name of the object (${meta.name}) does not match the name on the URL (${url.name})`);
    }
  }
  if (url.namespace !== undefined) {
    if (!meta.namespace) meta.namespace = url.namespace;
    else if (meta.namespace !== url.namespace) {
      throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`);
    }
  }
}
