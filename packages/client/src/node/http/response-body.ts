import type { Readable } from 'node:stream';
import { ConnectionError } from '../../rest/connection-error.ts';
import { messageOf } from './channel.ts';

export interface BodySource {
  stream: Readable;
  signal: AbortSignal | undefined;
  /** Whether the stream came to the end that the server meant. Asked once it has ended. */
  complete(): boolean;
  /** Tells the server that nobody reads on. */
  cancel(): void;
}

/**
 * The pieces of a response as they arrive, read only as fast as they are consumed.
 *
 * Iteration rejects with the signal's reason, or with `ConnectionError` `interrupted` when the response was cut off.
 */
export function responseBody(source: BodySource): AsyncIterable<Uint8Array> {
  return { [Symbol.asyncIterator]: () => pieces(source) };
}

async function* pieces(source: BodySource): AsyncGenerator<Uint8Array> {
  const { stream, signal } = source;
  let ended = false;
  try {
    for await (const piece of stream.iterator({ destroyOnReturn: false })) yield piece as Uint8Array;
    ended = true;
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ConnectionError('interrupted', `the response broke off: ${messageOf(cause)}`, cause);
  } finally {
    if (!ended) source.cancel();
  }
  signal?.throwIfAborted();
  if (!source.complete()) throw new ConnectionError('interrupted', 'the response broke off');
}

/** Header values as one text each; repeated ones are joined by `, `. Pseudo headers are left out. */
export function flatHeaders(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const name of Object.keys(headers)) {
    if (name.startsWith(':')) continue;
    const value = headers[name];
    if (value !== undefined) flat[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return flat;
}
