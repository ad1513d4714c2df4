import type { Duplex } from 'node:stream';
import type { ReadingTurns } from '../reading-turns.ts';
import { ClosedStreams } from './closed-streams.ts';
import { ConnectionError, errorCode } from './connection-error.ts';
import { DataSender } from './data-sender.ts';
import {
  defaultFrameBytes,
  defaultWindow,
  type FrameHead,
  flag,
  frameHead,
  frameHeadBytes,
  frameType,
  goAwayFrame,
  headerFrames,
  largestWindow,
  resetFrame,
  setting,
  settingsFrame,
  windowUpdateFrame,
} from './frames.ts';
import { HeaderBlocks } from './header-blocks.ts';
import { HeaderDecoder } from './header-decoder.ts';
import { encodeHeaders } from './header-encoder.ts';
import { Input } from './input.ts';
import { Output } from './output.ts';
import { withoutPadding } from './padding.ts';
import { Patience } from './patience.ts';
import { maxHeaderListBytes, readRequestHeaders } from './request-headers.ts';
import { ServerStream, type StreamCarrier, streamWindowBytes } from './server-stream.ts';
import { StreamTable } from './stream-table.ts';

/** What a peer may send on all streams together before it is read. Bytes. */
const connectionWindowBytes = 8 << 20;
/** How much is read before the peer is told so. */
const creditBytes = 256 * 1024;
export interface ConnectionOptions {
  maxConcurrentStreams: number;
  /** A header block, or any frame, that has begun is complete within this time. Milliseconds. */
  frameTimeoutMs: number;
  /** A stream whose peer takes nothing of what waits for it is reset after this time. Milliseconds. */
  stallTimeoutMs: number;
  /** A connection without a request for this long is closed. Milliseconds. */
  idleTimeoutMs: number;
  onStream(stream: ServerStream): void;
  /** Shared by the connections of a listener. */
  turns: ReadingTurns;
  /** Milliseconds, monotonic. */
  now(): number;
}

/** The server's end of one HTTP/2 connection. Source: RFC 9113. */
export class ServerConnection implements StreamCarrier {
  private readonly socket: Duplex;
  private readonly options: ConnectionOptions;
  private readonly output: Output;
  private readonly input: Input;
  private readonly decoder = new HeaderDecoder();
  private readonly streams = new StreamTable<ServerStream>();
  private readonly closed = new ClosedStreams();
  private readonly sender: DataSender;
  private readonly patience: Patience;
  private readonly blocks = new HeaderBlocks();
  private lastStream = 0;
  private receiveWindow = connectionWindowBytes;
  private uncredited = 0;
  private peerStreamWindow = defaultWindow;
  private headersSent = false;
  private goingAway = false;
  private dead = false;
  private idleSince: number;

  constructor(socket: Duplex, options: ConnectionOptions) {
    this.socket = socket;
    this.options = options;
    this.patience = new Patience(options.now);
    this.output = new Output(socket, () => this.sender.pump());
    this.sender = new DataSender(this.output);
    this.input = new Input(socket, options, {
      onFrame: (head, payload) => this.onFrame(head, payload),
      onRead: () => this.creditConnection(),
      onError: ({ code }) => this.abandon(code),
      isFull: () => this.output.isFull,
    });
    this.idleSince = options.now();
    socket.on('drain', () => this.onDrain());
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
    this.output.push(windowUpdateFrame(0, connectionWindowBytes - defaultWindow));
  }

  /** No new requests; those in work are answered, then the connection ends. */
  shutDown(): void {
    if (this.goingAway || this.dead) return;
    this.goingAway = true;
    this.output.push(goAwayFrame(this.lastStream, errorCode.none));
    this.endWhenIdle();
  }

  /** To be called now and then: ends what has been idle or incomplete for too long. */
  sweep(now: number): void {
    const { frameTimeoutMs, idleTimeoutMs } = this.options;
    const late = (since: number | undefined): boolean =>
      since !== undefined && since > 0 && now - since > frameTimeoutMs;
    if (!this.socket.isPaused() && (late(this.input.incompleteSince) || late(this.blocks.since))) this.socket.destroy();
    for (const stream of this.streams.all())
      if (stream.isStalled(now, this.options.stallTimeoutMs)) stream.reset(errorCode.cancel);
    if (this.streams.size === 0 && now - this.idleSince > idleTimeoutMs) this.shutDown();
  }

  // --- what comes in

  private onDrain(): void {
    this.sender.pump();
    this.input.resume();
  }

  private onFrame(head: FrameHead, payload: Buffer): void {
    if (this.dead) return;
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
        if (head.type === frameType.priority) checkPriority(head, payload);
        // PRIORITY, and types that nobody has to know.
        this.patience.spendIdleFrame();
    }
  }

  private onDataFrame(head: FrameHead, payload: Buffer): void {
    this.checkKnown(head);
    const end = (head.flags & flag.endStream) !== 0;
    this.receiveWindow -= payload.length;
    if (this.receiveWindow < 0)
      throw new ConnectionError(errorCode.flowControl, 'more than the window of the connection');
    const chunk = withoutPadding(head, payload, 0);
    if (payload.length === 0 && !end) this.patience.spendIdleFrame();
    const stream = this.streams.get(head.stream);
    if (stream === undefined) {
      this.onClosed(head.stream, end);
      this.credit(payload.length);
      return;
    }
    stream.receiveWindow -= payload.length;
    if (stream.receiveWindow < 0) {
      this.credit(payload.length);
      stream.reset(errorCode.flowControl);
    } else stream.receive(chunk, payload.length, end);
  }

  /** DATA or HEADERS on a stream that is closed. */
  private onClosed(stream: number, end: boolean): void {
    if (!this.closed.mayStillCome(stream))
      throw new ConnectionError(errorCode.streamClosed, 'a frame of a stream that is closed');
    if (end) this.closed.delete(stream);
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
    const read = readRequestHeaders(this.decoder, block, id <= this.lastStream);
    if (id <= this.lastStream) {
      const stream = this.streams.get(id);
      if (stream === undefined) this.onClosed(id, ended);
      else if (stream.bodyEnded) stream.reset(errorCode.streamClosed);
      else if (ended && read.kind === 'trailers') stream.endBody();
      else stream.reset(errorCode.protocol);
      return;
    }
    this.lastStream = id;
    this.patience.requests += 1;
    if (!ended && (this.isFullyUsed || read.kind === 'malformed')) this.closed.add(id);
    if (this.isFullyUsed) {
      this.patience.spendReset();
      this.output.push(resetFrame(id, errorCode.refusedStream));
      return;
    }
    if (read.kind === 'malformed') {
      this.patience.spendReset();
      this.output.push(resetFrame(id, errorCode.protocol));
      return;
    }
    const headers = read.kind === 'too large' ? {} : read.fields;
    const stream = new ServerStream(this, id, { headers, sendWindow: this.peerStreamWindow, ended });
    this.streams.add(stream);
    if (read.kind === 'request') this.options.onStream(stream);
    else stream.respond(431, {}, undefined);
  }

  private get isFullyUsed(): boolean {
    return this.goingAway || this.streams.size >= this.options.maxConcurrentStreams;
  }

  private onReset(head: FrameHead, payload: Buffer): void {
    this.checkKnown(head);
    if (payload.length !== 4) throw new ConnectionError(errorCode.frameSize, 'RST_STREAM has four octets');
    const stream = this.streams.get(head.stream);
    stream?.close();
    this.closed.delete(head.stream);
    if (stream === undefined) this.patience.spendIdleFrame();
    else this.patience.spendReset();
  }

  private onSettings(head: FrameHead, payload: Buffer): void {
    if (head.stream !== 0) throw new ConnectionError(errorCode.protocol, 'SETTINGS are of the connection');
    const ack = (head.flags & flag.ack) !== 0;
    if (payload.length % 6 !== 0 || (ack && payload.length > 0))
      throw new ConnectionError(errorCode.frameSize, 'SETTINGS have six octets each');
    if (ack) return;
    this.patience.spendIdleFrame();
    for (let at = 0; at < payload.length; at += 6) this.apply(payload.readUInt16BE(at), payload.readUInt32BE(at + 2));
    this.output.push(frameHead(0, { type: frameType.settings, flags: flag.ack, stream: 0 }));
    for (const stream of this.streams.all()) this.sender.send(stream);
  }

  private apply(id: number, value: number): void {
    if (id === setting.initialWindowSize) {
      if (value > largestWindow) throw new ConnectionError(errorCode.flowControl, 'the window is too large');
      for (const stream of this.streams.all()) this.widen(stream, value - this.peerStreamWindow);
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
    this.patience.spendIdleFrame();
    this.output.push(frameHead(8, { type: frameType.ping, flags: flag.ack, stream: 0 }));
    this.output.push(payload);
  }

  private onWindowUpdate(head: FrameHead, payload: Buffer): void {
    if (payload.length !== 4) throw new ConnectionError(errorCode.frameSize, 'WINDOW_UPDATE has four octets');
    const by = payload.readUInt32BE(0) & largestWindow;
    this.patience.spendWindowUpdate(this.sender.framesSent);
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
    else this.sender.send(stream);
  }

  // --- what goes out

  sendHeaders(stream: ServerStream, status: number, headers: Readonly<Record<string, string>>, end: boolean): void {
    const framed = encodeHeaders(status, headers, this.headersSent ? frameHeadBytes : frameHeadBytes + 1);
    if (!this.headersSent) framed[frameHeadBytes] = emptyTable;
    this.headersSent = true;
    for (const part of headerFrames(stream.id, framed, end)) this.output.push(part);
  }

  waits(yes: boolean): void {
    this.input.waits(yes);
  }

  sendData(stream: ServerStream): void {
    this.sender.send(stream);
  }

  sendReset(stream: ServerStream, code: number): void {
    this.output.push(resetFrame(stream.id, code));
  }

  credit(bytes: number): void {
    this.uncredited += bytes;
    if (this.uncredited >= creditBytes) this.creditConnection();
  }

  private creditConnection(): void {
    if (this.uncredited < creditBytes) return;
    this.receiveWindow += this.uncredited;
    this.output.push(windowUpdateFrame(0, this.uncredited));
    this.uncredited = 0;
  }

  creditStream(stream: ServerStream, bytes: number): void {
    stream.receiveWindow += bytes;
    this.output.push(windowUpdateFrame(stream.id, bytes));
  }

  forget(stream: ServerStream): void {
    this.streams.delete(stream);
    if (!stream.bodyEnded) this.closed.add(stream.id);
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
    this.output.push(goAwayFrame(this.lastStream, code));
    this.output.flush();
    this.socket.end();
    this.fail();
    setTimeout(() => this.socket.destroy(), 1000).unref();
  }

  /** Nothing more is read or sent. */
  private fail(): void {
    if (this.dead) return;
    this.dead = true;
    this.input.stop();
    for (const stream of this.streams.all()) stream.close();
    if (!this.socket.writableEnded) this.socket.end();
  }
}

/** Tells the peer, before the first header block, that we keep no table. Source: RFC 7541, 6.3. */
const emptyTable = 0x20;

function checkPriority({ stream }: FrameHead, { length }: Buffer): void {
  if (stream === 0) throw new ConnectionError(errorCode.protocol, 'a priority of no stream');
  if (length !== 5) throw new ConnectionError(errorCode.frameSize, 'PRIORITY has five octets');
}
