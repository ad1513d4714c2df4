import { parseJson } from '../json.ts';
import type { JsonObject, JsonValue } from '../meta/object.ts';
import { getOwn, isJsonObject } from '../patch/json-tree.ts';
import { utf8Length } from '../utf8-length.ts';
import { maxAnnotationBytes } from '../validation/object-meta.ts';
import { compareObjects } from './compare.ts';
import { difference, type FieldSet } from './field-set.ts';
import type { MergeType } from './merge-type.ts';
import { goJson } from './path-element.ts';
import { validateConfig } from './validate-config.ts';
import { fieldSetOf } from './value-to-set.ts';

/** Where client-side apply keeps the configuration it applied last. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
/** The manager whose server-side apply takes over from client-side apply. */
export const KUBECTL = 'kubectl';

function annotationsOf(object: JsonObject): JsonObject | undefined {
  const metadata = getOwn(object, 'metadata');
  const annotations = isJsonObject(metadata) ? getOwn(metadata, 'annotations') : undefined;
  return isJsonObject(annotations) ? annotations : undefined;
}

/**
 * What client-side apply wrote and nobody has changed since: kubectl may take these fields over without a conflict.
 * Undefined if the live object was not applied by a client, or in another version.
 */
export function fieldsOfLastApplied(type: MergeType, live: JsonObject, apiVersion: string): FieldSet | undefined {
  const text = annotationsOf(live)?.[LAST_APPLIED];
  if (typeof text !== 'string' || text === '') return undefined;
  let config: JsonValue;
  try {
    config = parseJson(text) as JsonValue;
  } catch {
    return undefined;
  }
  if (!isJsonObject(config) || getOwn(config, 'apiVersion') !== apiVersion) return undefined;
  if (validateConfig(type, config).length > 0) return undefined;
  const { changed, removed } = compareObjects(type, config, live);
  return difference(difference(fieldSetOf(type, config), changed), removed);
}

/** Brings the annotation of client-side apply up to date, if the object has it, so that both ways can be mixed. */
export function withLastApplied(object: JsonObject, applied: JsonObject): JsonObject {
  const annotations = annotationsOf(object);
  const text = annotations?.[LAST_APPLIED];
  if (annotations === undefined || typeof text !== 'string' || text === '') return object;
  const next = `${goJson(withoutLastApplied(applied))}\n`;
  if (next === text) return object;
  const updated: JsonObject = { ...annotations, [LAST_APPLIED]: next };
  if (bytesOf(updated) > maxAnnotationBytes) delete updated[LAST_APPLIED];
  return { ...object, metadata: { ...(object.metadata as JsonObject), annotations: updated } };
}

function withoutLastApplied(applied: JsonObject): JsonObject {
  const annotations = annotationsOf(applied);
  if (annotations === undefined || getOwn(annotations, LAST_APPLIED) === undefined) return applied;
  const { [LAST_APPLIED]: _, ...rest } = annotations;
  return { ...applied, metadata: { ...(applied.metadata as JsonObject), annotations: rest } };
}

function bytesOf(annotations: JsonObject): number {
  let size = 0;
  for (const key in annotations) size += utf8Length(key) + utf8Length(String(annotations[key]));
  return size;
}
