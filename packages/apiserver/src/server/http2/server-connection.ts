import type { Duplex } from 'node:stream';
import { ConnectionError, errorCode } from './connection-error.ts';
import { DataSender } from './data-sender.ts';
import { FrameReader } from './frame-reader.ts';
import {
  defaultFrameBytes,
  defaultWindow,
  type FrameHead,
  flag,
  frameHead,
  frameType,
  largestWindow,
  numbersFrame,
  preface,
  setting,
  settingsFrame,
} from './frames.ts';
import { HeaderBlocks } from './header-blocks.ts';
import { HeaderDecoder } from './header-decoder.ts';
import { encodeHeaders } from './header-encoder.ts';
import { Output } from './output.ts';
import { withoutPadding } from './padding.ts';
import { maxHeaderListBytes, readRequestHeaders } from './request-headers.ts';
import { ServerStream, type StreamCarrier, streamWindowBytes } from './server-stream.ts';
import { TokenBucket } from './token-bucket.ts';

/** What a peer may send on all streams together before it is read. Bytes. */
const connectionWindowBytes = 8 << 20;
/** How much is read before the peer is told so. */
const creditBytes = 256 * 1024;
/** Requests that are taken back, and frames that only cost us work: a burst, and so many a second. */
const patience = { resets: [1000, 33], idleFrames: [1000, 100] } as const;

export interface ConnectionOptions {
  maxConcurrentStreams: number;
  /** A header block, or any frame, that has begun is complete within this time. Milliseconds. */
  frameTimeoutMs: number;
  /** A connection without a request for this long is closed. Milliseconds. */
  idleTimeoutMs: number;
  onStream(stream: ServerStream): void;
  /** Milliseconds, monotonic. */
  now(): number;
}

/** The server's end of one HTTP/2 connection. Source: RFC 9113. */
export class ServerConnection implements StreamCarrier {
  private readonly socket: Duplex;
  private readonly options: ConnectionOptions;
  private readonly output: Output;
  private readonly reader: FrameReader;
  private readonly decoder = new HeaderDecoder();
  private readonly streams = new Map<number, ServerStream>();
  private readonly sender: DataSender;
  private readonly resets = new TokenBucket(...patience.resets);
  private readonly idleFrames = new TokenBucket(...patience.idleFrames);
  private prefaceSeen = 0;
  private readonly blocks = new HeaderBlocks();
  private lastStream = 0;
  private receiveWindow = connectionWindowBytes;
  private uncredited = 0;
  private peerStreamWindow = defaultWindow;
  private headersSent = false;
  private goingAway = false;
  private dead = false;
  private idleSince: number;
  /** Since when a frame is incomplete; 0: none is. */
  private insideSince = 0;
  private framesRead = 0;

  constructor(socket: Duplex, options: ConnectionOptions) {
    this.socket = socket;
    this.options = options;
    this.output = new Output(socket, () => this.sender.pump());
    this.sender = new DataSender(this.output);
    this.reader = new FrameReader((head, payload) => this.onFrame(head, payload));
    this.idleSince = options.now();
    this.insideSince = this.idleSince;
    socket.on('data', (chunk: Buffer) => this.onData(chunk));
    socket.on('drain', () => this.sender.pump());
    socket.on('error', () => socket.destroy());
    socket.on('end', () => this.fail());
    socket.once('close', () => this.fail());
    this.output.push(
      settingsFrame([
        [setting.maxConcurrentStreams, options.maxConcurrentStreams],
        [setting.initialWindowSize, streamWindowBytes],
        [setting.maxHeaderListSize, maxHeaderListBytes],
      ]),
    );
    this.output.push(this.windowUpdate(0, connectionWindowBytes - defaultWindow));
  }

  /** No new requests; those in work are answered, then the connection ends. */
  shutDown(): void {
    if (this.goingAway || this.dead) return;
    this.goingAway = true;
    this.output.push(this.goAwayFrame(errorCode.none));
    this.endWhenIdle();
  }

  /** To be called now and then: ends what has been idle or incomplete for too long. */
  sweep(now: number): void {
    const { frameTimeoutMs, idleTimeoutMs } = this.options;
    const late = (since: number | undefined): boolean =>
      since !== undefined && since > 0 && now - since > frameTimeoutMs;
    if (late(this.insideSince) || late(this.blocks.since)) this.socket.destroy();
    else if (this.streams.size === 0 && now - this.idleSince > idleTimeoutMs) this.shutDown();
  }

  // --- what comes in

  private onData(chunk: Buffer): void {
    if (this.dead) return;
    try {
      const rest = this.readPreface(chunk);
      if (rest === undefined) return;
      const { framesRead } = this;
      this.reader.push(rest);
      if (!this.reader.isInside) this.insideSince = 0;
      else if (this.insideSince === 0 || this.framesRead !== framesRead) this.insideSince = this.options.now();
      this.creditConnection();
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.abandon(error.code);
    }
  }

  /** What follows the client's preface; undefined while it is incomplete. */
  private readPreface(chunk: Buffer): Buffer | undefined {
    if (this.prefaceSeen === preface.length) return chunk;
    const length = Math.min(chunk.length, preface.length - this.prefaceSeen);
    if (!chunk.subarray(0, length).equals(preface.subarray(this.prefaceSeen, this.prefaceSeen + length)))
      throw new ConnectionError(errorCode.protocol, 'this is not HTTP/2');
    this.prefaceSeen += length;
    if (this.prefaceSeen < preface.length) return undefined;
    this.insideSince = 0;
    return chunk.subarray(length);
  }

  private onFrame(head: FrameHead, payload: Buffer): void {
    if (this.dead) return;
    this.framesRead += 1;
    this.blocks.check(head);
    this.dispatch(head, payload);
  }

  private dispatch(head: FrameHead, payload: Buffer): void {
    switch (head.type) {
      case frameType.data:
        this.onDataFrame(head, payload);
        break;
      case frameType.headers:
      case frameType.continuation:
        this.onHeaderFrame(head, payload);
        break;
      case frameType.resetStream:
        this.onReset(head, payload);
        break;
      case frameType.settings:
        this.onSettings(head, payload);
        break;
      case frameType.ping:
        this.onPing(head, payload);
        break;
      case frameType.windowUpdate:
        this.onWindowUpdate(head, payload);
        break;
      case frameType.pushPromise:
        throw new ConnectionError(errorCode.protocol, 'clients do not push');
      case frameType.goAway:
        this.goingAway = true;
        this.endWhenIdle();
        break;
      default:
        // PRIORITY, and types that nobody has to know.
        this.spend(this.idleFrames);
    }
  }

  private spend(bucket: TokenBucket): void {
    if (!bucket.take(this.options.now())) throw new ConnectionError(errorCode.enhanceYourCalm, 'too much for nothing');
  }

  private onDataFrame(head: FrameHead, payload: Buffer): void {
    this.checkKnown(head);
    const end = (head.flags & flag.endStream) !== 0;
    this.receiveWindow -= payload.length;
    if (this.receiveWindow < 0)
      throw new ConnectionError(errorCode.flowControl, 'more than the window of the connection');
    const chunk = withoutPadding(head, payload, 0);
    if (payload.length === 0 && !end) this.spend(this.idleFrames);
    const stream = this.streams.get(head.stream);
    if (stream === undefined) {
      this.credit(payload.length);
      return;
    }
    stream.receiveWindow -= payload.length;
    if (stream.receiveWindow < 0) {
      this.credit(payload.length);
      stream.reset(errorCode.flowControl);
    } else stream.receive(chunk, payload.length, end);
  }

  private checkKnown({ stream }: FrameHead): void {
    if (stream === 0 || stream > this.lastStream) throw new ConnectionError(errorCode.protocol, 'a frame of no stream');
  }

  private onHeaderFrame(head: FrameHead, payload: Buffer): void {
    const done = this.blocks.add(head, payload, this.options.now());
    if (done !== undefined) this.onBlock(done.stream, done.flags, done.block);
  }

  private onBlock(id: number, flags: number, block: Buffer): void {
    const ended = (flags & flag.endStream) !== 0;
    // Decoded whatever becomes of it: the tables of both ends must stay the same.
    const read = readRequestHeaders(this.decoder, block);
    if (id <= this.lastStream) {
      const stream = this.streams.get(id);
      if (ended) stream?.endBody();
      else stream?.reset(errorCode.protocol);
      return;
    }
    this.lastStream = id;
    if (this.goingAway || this.streams.size >= this.options.maxConcurrentStreams) {
      this.spend(this.resets);
      this.output.push(this.resetFrame(id, errorCode.refusedStream));
      return;
    }
    if (read.kind === 'malformed') {
      this.spend(this.resets);
      this.output.push(this.resetFrame(id, errorCode.protocol));
      return;
    }
    const headers = read.kind === 'request' ? read.fields : {};
    const stream = new ServerStream(this, id, { headers, sendWindow: this.peerStreamWindow, ended });
    this.streams.set(id, stream);
    if (read.kind === 'request') this.options.onStream(stream);
    else stream.respond(431, {}, undefined);
  }

  private onReset(head: FrameHead, payload: Buffer): void {
    this.checkKnown(head);
    if (payload.length !== 4) throw new ConnectionError(errorCode.frameSize, 'RST_STREAM has four octets');
    const stream = this.streams.get(head.stream);
    stream?.close();
    this.spend(stream === undefined ? this.idleFrames : this.resets);
  }

  private onSettings(head: FrameHead, payload: Buffer): void {
    if (head.stream !== 0) throw new ConnectionError(errorCode.protocol, 'SETTINGS are of the connection');
    if ((head.flags & flag.ack) !== 0) return;
    if (payload.length % 6 !== 0) throw new ConnectionError(errorCode.frameSize, 'SETTINGS have six octets each');
    this.spend(this.idleFrames);
    for (let at = 0; at < payload.length; at += 6) this.apply(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
    this.output.push(frameHead(0, { type: frameType.settings, flags: flag.ack, stream: 0 }));
    this.sender.pump();
  }

  private apply(id: number, value: number): void {
    if (id === setting.initialWindowSize) {
      if (value > largestWindow) throw new ConnectionError(errorCode.flowControl, 'the window is too large');
      for (const stream of this.streams.values()) this.widen(stream, value - this.peerStreamWindow);
      this.peerStreamWindow = value;
    } else if (id === setting.maxFrameSize) {
      if (value < defaultFrameBytes || value > 2 ** 24 - 1)
        throw new ConnectionError(errorCode.protocol, 'frames cannot have that size');
      this.sender.frameBytes = value;
    } else if (id === setting.enablePush && value > 1)
      throw new ConnectionError(errorCode.protocol, 'neither yes nor no');
  }

  private widen(stream: ServerStream, by: number): void {
    stream.sendWindow += by;
    if (stream.sendWindow > largestWindow) throw new ConnectionError(errorCode.flowControl, 'the window is too large');
  }

  private onPing(head: FrameHead, payload: Buffer): void {
    if (payload.length !== 8) throw new ConnectionError(errorCode.frameSize, 'PING has eight octets');
    if (head.stream !== 0) throw new ConnectionError(errorCode.protocol, 'PING is of the connection');
    if ((head.flags & flag.ack) !== 0) return;
    this.spend(this.idleFrames);
    this.output.push(frameHead(8, { type: frameType.ping, flags: flag.ack, stream: 0 }));
    this.output.push(payload);
  }

  private onWindowUpdate(head: FrameHead, payload: Buffer): void {
    if (payload.length !== 4) throw new ConnectionError(errorCode.frameSize, 'WINDOW_UPDATE has four octets');
    const by = payload.readUInt32BE(0) & largestWindow;
    if (head.stream === 0) {
      if (by === 0) throw new ConnectionError(errorCode.protocol, 'a window does not grow by nothing');
      if (this.sender.window + by > largestWindow)
        throw new ConnectionError(errorCode.flowControl, 'the window is too large');
      this.sender.window += by;
      this.sender.pump();
      return;
    }
    this.checkKnown(head);
    const stream = this.streams.get(head.stream);
    if (stream === undefined) return;
    stream.sendWindow += by;
    if (by === 0) stream.reset(errorCode.protocol);
    else if (stream.sendWindow > largestWindow) stream.reset(errorCode.flowControl);
    else this.sender.pump();
  }

  // --- what goes out

  sendHeaders(stream: ServerStream, status: number, headers: Readonly<Record<string, string>>, end: boolean): void {
    const fields = encodeHeaders(status, headers);
    if (!this.headersSent) fields.unshift(emptyTable);
    this.headersSent = true;
    const block = Buffer.concat(fields);
    const endStream = end ? flag.endStream : 0;
    for (let at = 0; at === 0 || at < block.length; at += defaultFrameBytes) {
      const part = block.subarray(at, at + defaultFrameBytes);
      const last = at + part.length === block.length ? flag.endHeaders : 0;
      const type = at === 0 ? frameType.headers : frameType.continuation;
      this.output.push(frameHead(part.length, { type, flags: last | (at === 0 ? endStream : 0), stream: stream.id }));
      this.output.push(part);
    }
  }

  sendData(stream: ServerStream): void {
    this.sender.send(stream);
  }

  sendReset(stream: ServerStream, code: number): void {
    this.output.push(this.resetFrame(stream.id, code));
  }

  credit(bytes: number): void {
    this.uncredited += bytes;
    if (this.uncredited >= creditBytes) this.creditConnection();
  }

  private creditConnection(): void {
    if (this.uncredited < creditBytes) return;
    this.receiveWindow += this.uncredited;
    this.output.push(this.windowUpdate(0, this.uncredited));
    this.uncredited = 0;
  }

  creditStream(stream: ServerStream, bytes: number): void {
    stream.receiveWindow += bytes;
    this.output.push(this.windowUpdate(stream.id, bytes));
  }

  forget(stream: ServerStream): void {
    this.streams.delete(stream.id);
    this.sender.forget(stream);
    if (this.streams.size > 0) return;
    this.idleSince = this.options.now();
    this.endWhenIdle();
  }

  // --- the end

  private endWhenIdle(): void {
    if (!this.goingAway || this.streams.size > 0 || this.dead) return;
    this.output.flush();
    this.socket.end();
  }

  private abandon(code: number): void {
    this.output.push(this.goAwayFrame(code));
    this.output.flush();
    this.socket.end();
    this.fail();
    setTimeout(() => this.socket.destroy(), 1000).unref();
  }

  /** Nothing more is read or sent. */
  private fail(): void {
    if (this.dead) return;
    this.dead = true;
    for (const stream of [...this.streams.values()]) stream.close();
    if (!this.socket.writableEnded) this.socket.end();
  }

  private goAwayFrame(code: number): Buffer {
    return numbersFrame({ type: frameType.goAway, flags: 0, stream: 0 }, this.lastStream, code);
  }

  private resetFrame(stream: number, code: number): Buffer {
    return numbersFrame({ type: frameType.resetStream, flags: 0, stream }, code);
  }

  private windowUpdate(stream: number, by: number): Buffer {
    return numbersFrame({ type: frameType.windowUpdate, flags: 0, stream }, by);
  }
}

/** Tells the peer, before the first header block, that we keep no table. Source: RFC 7541, 6.3. */
const emptyTable = Buffer.from([0x20]);
