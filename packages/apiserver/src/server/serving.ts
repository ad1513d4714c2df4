import type { ApiResponse, ResponseSink } from '../endpoints/api-response.ts';
import type { IncomingRequest } from '../endpoints/request-context.ts';
import { type ByteBudget, newHolding } from './byte-budget.ts';
import type { RunningRequests } from './http-request.ts';
import { type BodyLimits, BodyReading, type BodySource } from './request-body.ts';

/** What all requests of a listener share, whatever carries them. */
export interface Serving {
  handle(request: IncomingRequest): Promise<ApiResponse>;
  bodies: BodyLimits;
  unread: ByteBudget;
  running: RunningRequests;
}

/** The bytes count as in memory until the request is finished. */
export function bodyOf(
  { bodies }: Serving,
  source: BodySource,
  length: string | undefined,
  { onFinish }: Pick<IncomingRequest, 'onFinish'>,
): Uint8Array | Promise<Uint8Array> {
  const reading = new BodyReading(source, bodies);
  onFinish.push(() => reading.release());
  return reading.read(length);
}

/** Counts an answer until its peer has read it. */
export function countUnread(
  { unread }: Serving,
  peer: { once(event: 'close', listener: () => void): unknown },
  bytes: number,
  cut: () => void,
): void {
  const holding = newHolding(cut);
  peer.once('close', () => unread.release(holding));
  unread.grow(holding, bytes);
}

/** For exchanges whose peer is already gone: tells the producer at once. */
export const closedSink: ResponseSink = {
  write: () => false,
  end: () => undefined,
  bufferedBytes: () => 0,
  onClose: (listener) => listener(),
  abort: () => undefined,
};
