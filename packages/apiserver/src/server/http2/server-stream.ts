import type { Linked, LinkedList } from '../linked-list.ts';
import type { BodyReader, BodySource } from '../request-body.ts';
import { errorCode } from './connection-error.ts';
import type { HeaderFields } from './header-decoder.ts';
import type { Numbered } from './stream-table.ts';

/** What a peer may send of one body before it is read. Bytes. */
export const streamWindowBytes = 1 << 20;
/** How much is read before the peer is told so. */
const creditBytes = streamWindowBytes / 4;

/** What a stream needs of its connection. */
export interface StreamCarrier {
  sendHeaders(stream: ServerStream, status: number, headers: Readonly<Record<string, string>>, end: boolean): void;
  /** Sends what the windows and the socket have room for; keeps the rest waiting. */
  sendData(stream: ServerStream): void;
  sendReset(stream: ServerStream, code: number): void;
  /** Bytes of the connection's window are free again. */
  credit(bytes: number): void;
  creditStream(stream: ServerStream, bytes: number): void;
  forget(stream: ServerStream): void;
  /** A request begins or ends to wait for its turn. */
  waits(yes: boolean): void;
}

/** One request and its answer on an HTTP/2 connection. Source: RFC 9113, 5.1. */
export class ServerStream implements BodySource, Numbered<ServerStream>, Linked<ServerStream> {
  readonly id: number;
  nextInBucket: ServerStream | undefined;
  /** Of those that wait until the connection has room, and its neighbours there. */
  waitsIn: LinkedList<ServerStream> | undefined;
  before: ServerStream | undefined;
  after: ServerStream | undefined;
  readonly headers: HeaderFields;
  sendWindow: number;
  receiveWindow = streamWindowBytes;
  /** No bytes of the answer may be added. */
  isEnding = false;
  destroyed = false;
  /** What is to be sent, in order. */
  readonly outgoing: Buffer[] = [];
  outgoingBytes = 0;
  /** Of the answer's body. */
  sentBytes = 0;
  /** The peer sends no more of the body. */
  bodyEnded: boolean;
  private readonly carrier: StreamCarrier;
  private closeListeners: (() => void)[] = [];
  private reader: BodyReader | 'none' | undefined;
  private arrived: Buffer[] = [];
  private arrivedBytes = 0;
  private uncredited = 0;
  private announced: number | undefined;
  /** How much was sent when last looked at, and since when it is no more. */
  private stalled = { sentBytes: 0, since: 0 };

  constructor(
    carrier: StreamCarrier,
    id: number,
    start: { headers: HeaderFields; sendWindow: number; ended: boolean },
  ) {
    this.carrier = carrier;
    this.id = id;
    this.headers = start.headers;
    this.sendWindow = start.sendWindow;
    this.bodyEnded = start.ended;
    const length = start.headers['content-length'];
    this.announced = length === undefined ? undefined : Number(length);
  }

  waits(yes: boolean): void {
    this.carrier.waits(yes);
  }

  once(_event: 'close', listener: () => void): void {
    this.closeListeners.push(listener);
  }

  /** A whole answer; `body` in pieces, which are not changed. */
  respond(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: Buffer | readonly Buffer[] | undefined,
  ): void {
    if (this.destroyed) return;
    if (Buffer.isBuffer(body)) this.keep(body);
    else for (const piece of body ?? []) this.keep(piece);
    this.isEnding = true;
    if (this.outgoingBytes === 0) {
      this.carrier.sendHeaders(this, status, headers, true);
      this.finish();
      return;
    }
    this.carrier.sendHeaders(this, status, headers, false);
    this.carrier.sendData(this);
  }

  begin(status: number, headers: Readonly<Record<string, string>>): void {
    if (!this.destroyed) this.carrier.sendHeaders(this, status, headers, false);
  }

  /** False when some of it has to wait. */
  write(chunk: Buffer): boolean {
    if (this.destroyed || this.isEnding) return false;
    this.add(chunk);
    return this.outgoingBytes === 0;
  }

  end(): void {
    if (this.destroyed || this.isEnding) return;
    this.isEnding = true;
    this.carrier.sendData(this);
  }

  private keep(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.outgoing.push(chunk);
    this.outgoingBytes += chunk.length;
  }

  private add(chunk: Buffer): void {
    this.keep(chunk);
    this.carrier.sendData(this);
  }

  /** To be called now and then: whether nothing of what waits has been taken for so many milliseconds. */
  isStalled(now: number, forMs: number): boolean {
    const { sentBytes, stalled } = this;
    if (this.outgoingBytes > 0 && stalled.since > 0 && stalled.sentBytes === sentBytes)
      return now - stalled.since >= forMs;
    stalled.sentBytes = sentBytes;
    stalled.since = this.outgoingBytes > 0 ? now : 0;
    return false;
  }

  reset(code: number): void {
    if (this.destroyed) return;
    this.carrier.sendReset(this, code);
    this.close();
  }

  /** The answer is out. A body that is still on its way is not wanted any more. */
  finish(): void {
    if (!this.bodyEnded) this.carrier.sendReset(this, errorCode.none);
    this.close();
  }

  /** The peer or the connection is gone, or everything is said. */
  close(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    this.carrier.forget(this);
    this.carrier.credit(this.arrivedBytes);
    this.arrived = [];
    this.outgoing.length = 0;
    this.outgoingBytes = 0;
    const { reader, closeListeners } = this;
    this.closeListeners = [];
    if (!this.bodyEnded && reader !== undefined && reader !== 'none') reader.broken();
    for (const listener of closeListeners) listener();
  }

  // --- the request's body

  /** Bytes of a DATA frame; `framed` with its padding, as the windows count it. */
  receive(chunk: Buffer, framed: number, end: boolean): void {
    if (this.bodyEnded) {
      this.carrier.credit(framed);
      this.reset(errorCode.streamClosed);
      return;
    }
    if (this.announced !== undefined) {
      this.announced -= chunk.length;
      if (this.announced < 0 || (end && this.announced !== 0)) {
        this.carrier.credit(framed);
        this.reset(errorCode.protocol);
        return;
      }
    }
    if (this.reader === undefined) {
      if (chunk.length > 0) this.arrived.push(chunk);
      this.arrivedBytes += framed;
    } else this.consume(chunk, framed);
    if (end) this.endBody();
  }

  /** Also told by trailers. */
  endBody(): void {
    if (this.bodyEnded) return;
    if (this.announced !== undefined && this.announced > 0) {
      this.reset(errorCode.protocol);
      return;
    }
    this.bodyEnded = true;
    if (this.reader !== undefined && this.reader !== 'none') this.reader.end();
  }

  read(reader: BodyReader): void {
    if (this.destroyed) {
      reader.broken();
      return;
    }
    this.reader = reader;
    this.release(reader);
    if (this.bodyEnded) reader.end();
  }

  discard(): void {
    this.reader = 'none';
    this.release('none');
  }

  destroy(): void {
    this.reset(errorCode.cancel);
  }

  private release(reader: BodyReader | 'none'): void {
    const { arrived, arrivedBytes } = this;
    this.arrived = [];
    this.arrivedBytes = 0;
    if (reader !== 'none') for (const chunk of arrived) reader.data(chunk);
    this.credit(arrivedBytes);
  }

  private consume(chunk: Buffer, framed: number): void {
    if (this.reader !== 'none' && chunk.length > 0) this.reader?.data(chunk);
    this.credit(framed);
  }

  /** The connection's window is given back at once, lest many slow streams use it up between them. */
  private credit(bytes: number): void {
    this.carrier.credit(bytes);
    if (this.destroyed || this.bodyEnded) return;
    this.uncredited += bytes;
    if (this.uncredited < creditBytes) return;
    this.carrier.creditStream(this, this.uncredited);
    this.uncredited = 0;
  }
}
