import type { KubeObject } from '@canopy/apimachinery';
import { type ObjectLocation, parseObjectKey } from '../keys.ts';
import { messageOf } from '../storage-error.ts';

const decoder = new TextDecoder('utf-8', { fatal: true });

export interface CheckedObject {
  at: ObjectLocation;
  object: KubeObject;
}

/**
 * Whether key and value fit each other. Objects, below `/r/`, are returned; the notes of controllers, below `/w/`, are
 * text. Neither needs to be as it should. Undefined when there is nothing more to be told of the value.
 */
export function checkContent(
  key: string,
  value: Uint8Array,
  report: (what: string) => void,
): CheckedObject | undefined {
  if (!key.startsWith('/r/') && !key.startsWith('/w/')) {
    report('is not a key that Canopy writes');
    return undefined;
  }
  const at = parseObjectKey(key);
  if (key.startsWith('/r/') && (at === undefined || at.cluster === '' || at.name === '' || at.resource === '')) {
    report('is not the key of an object');
    return undefined;
  }
  if (!ArrayBuffer.isView(value)) {
    report('its value is not stored as bytes');
    return undefined;
  }
  try {
    const text = decoder.decode(value);
    return at === undefined ? undefined : checkMetadata(at, JSON.parse(text), report);
  } catch (error) {
    report(`its value of ${value.byteLength} bytes is not ${at === undefined ? 'text' : 'JSON'}: ${messageOf(error)}`);
    return undefined;
  }
}

function checkMetadata(at: ObjectLocation, parsed: unknown, report: (what: string) => void): CheckedObject | undefined {
  const object = parsed as KubeObject | null;
  const metadata = (object as Partial<KubeObject> | null)?.metadata;
  if (object === null || typeof metadata !== 'object' || metadata === null) {
    report('its value has no metadata');
    return undefined;
  }
  if (metadata.name !== at.name) report(`its value is named ${JSON.stringify(metadata.name)}`);
  if ((metadata.namespace ?? '') !== (at.namespace ?? ''))
    report(`its value is of namespace ${JSON.stringify(metadata.namespace ?? '')}`);
  return { at, object };
}
