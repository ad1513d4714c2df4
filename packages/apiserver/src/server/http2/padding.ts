import { ConnectionError, errorCode } from './connection-error.ts';
import { type FrameHead, flag } from './frames.ts';

/** The content of a frame that may be padded, behind `skipped` octets. Source: RFC 9113, 6.1 and 6.2. */
export function withoutPadding({ flags }: FrameHead, payload: Buffer, skipped: number): Buffer {
  const padded = (flags & flag.padded) !== 0;
  const padding = padded ? (payload[0] ?? payload.length) : 0;
  const start = skipped + (padded ? 1 : 0);
  const end = payload.length - padding;
  if (start > end) throw new ConnectionError(errorCode.protocol, 'there is more padding than frame');
  return start === 0 && padding === 0 ? payload : payload.subarray(start, end);
}
