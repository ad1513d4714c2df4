import type { KubeObject } from '@canopy/apimachinery';
import { parseJson } from '@canopy/apimachinery';
import { ConnectionError } from '../rest/connection-error.ts';
import { readLines } from '../rest/read-body.ts';
import { errorOfStatus } from '../rest/response-error.ts';

/** The object of a bookmark: only its resource version counts. */
export interface BookmarkObject {
  kind: string;
  apiVersion: string;
  metadata: { resourceVersion: string; annotations?: Record<string, string> };
}

/** One event of a watch. ERROR events are thrown instead. */
export type WatchEvent<T = KubeObject> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }
  | { type: 'BOOKMARK'; object: BookmarkObject };

/**
 * The events of a watch's body, one JSON document per line.
 *
 * @throws StatusError for an ERROR event (410 `Expired` when the version is too old)
 * @throws ConnectionError `interrupted` when the last line is cut off or is no event
 */
export async function* decodeWatchEvents<T>(body: AsyncIterable<Uint8Array>): AsyncGenerator<WatchEvent<T>> {
  for await (const line of readLines(body)) {
    const event = decode(line);
    switch (event.type) {
      case 'ADDED':
      case 'MODIFIED':
      case 'DELETED':
      case 'BOOKMARK':
        yield event as unknown as WatchEvent<T>;
        break;
      case 'ERROR':
        throw errorOfStatus(event.object ?? {});
      default:
        throw new ConnectionError('interrupted', `unknown watch event type ${JSON.stringify(event.type)}`);
    }
  }
}

function decode(line: Uint8Array): { type?: unknown; object?: object } {
  try {
    return parseJson(line) as { type?: unknown; object?: object };
  } catch (cause) {
    throw new ConnectionError('interrupted', 'the watch broke off within an event', cause);
  }
}
