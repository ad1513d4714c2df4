import { ConnectionError, errorCode } from './connection-error.ts';
import { type FrameHead, flag, frameType } from './frames.ts';
import { withoutPadding } from './padding.ts';
import { maxHeaderListBytes } from './request-headers.ts';

/** More than any list of the allowed size takes. */
const maxBlockBytes = 2 * maxHeaderListBytes;
/** Frames of one block that carry nothing. */
const maxEmptyFrames = 10;

interface OpenBlock {
  stream: number;
  flags: number;
  parts: Buffer[];
  bytes: number;
  empty: number;
  since: number;
}

/** Puts HEADERS and their CONTINUATIONs together: one block at a time, nothing between its frames. Source: RFC 9113, 4.3. */
export class HeaderBlocks {
  private open: OpenBlock | undefined;

  /** When the block began that is not complete yet; undefined: there is none. */
  get since(): number | undefined {
    return this.open?.since;
  }

  /** Throws when a frame interrupts a block. */
  check({ type, stream }: FrameHead): void {
    const { open } = this;
    const continues = type === frameType.continuation;
    if (open === undefined ? continues : !continues || stream !== open.stream)
      throw new ConnectionError(errorCode.protocol, 'a header block is interrupted');
  }

  /** A complete block, or undefined. */
  add(head: FrameHead, payload: Buffer, now: number): { stream: number; flags: number; block: Buffer } | undefined {
    const open = this.open ?? begin(head, now);
    const part = this.open === undefined ? contentOf(head, payload) : payload;
    if (part.length === 0) open.empty += 1;
    open.parts.push(part);
    open.bytes += part.length;
    if (open.bytes > maxBlockBytes || open.empty > maxEmptyFrames)
      throw new ConnectionError(errorCode.enhanceYourCalm, 'the headers are too large');
    const complete = (head.flags & flag.endHeaders) !== 0;
    this.open = complete ? undefined : open;
    if (!complete) return undefined;
    const { stream, flags, parts, bytes } = open;
    return { stream, flags, block: parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, bytes) };
  }
}

function begin({ stream, flags }: FrameHead, since: number): OpenBlock {
  if (stream % 2 === 0) throw new ConnectionError(errorCode.protocol, 'a stream of a client has an odd number');
  return { stream, flags, parts: [], bytes: 0, empty: 0, since };
}

function contentOf(head: FrameHead, payload: Buffer): Buffer {
  return withoutPadding(head, payload, (head.flags & flag.priority) === 0 ? 0 : priorityBytes);
}

const priorityBytes = 5;
