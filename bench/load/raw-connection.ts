import { once } from 'node:events';
import { isIP, type TcpNetConnectOpts } from 'node:net';
import tls, { type TLSSocket } from 'node:tls';
import type { Target } from '../server/canopy-process.ts';
import { type AnswerEvents, AnswerReader } from './answer-reader.ts';
import { BodySender } from './body-sender.ts';
import { frameFlag, frameHead, frameType, settingsFrame, windowUpdateFrame } from './frames.ts';
import type { CommonFields, PreparedRequest } from './request-block.ts';

/** Hears of an answer: the status when it is complete, 0 when the stream or the connection failed, and the bytes of its body. */
export type Answered = (status: number, bytes: number) => void;

/** Who wants more of an answer than how it ends. */
export interface AnswerListener {
  head?(status: number): void;
  /** A piece of the body, valid during the call only. */
  data?(chunk: Buffer): void;
}

interface Waiting {
  answered: Answered;
  listener: AnswerListener | undefined;
  status: number;
  bytes: number;
}

const largestWindow = 2 ** 31 - 1;
const firstWindow = 65_535;
/** What the server may send on all streams together, and how much of it is read before it may send as much again. */
const connectionWindow = 128 * 1024 * 1024;
const creditBytes = connectionWindow / 4;
const readBytes = 256 * 1024;
const setting = { headerTableSize: 1, initialWindowSize: 4 } as const;

/**
 * An HTTP/2 client that costs a small part of what it makes a server do: requests are bytes that are ready, those of a turn
 * leave as one write, and of most answers only the status, the length and the end are looked at.
 */
export class RawConnection {
  readonly socket: TLSSocket;
  private readonly waiting = new Map<number, Waiting>();
  private readonly bodies: BodySender;
  private readonly credited: boolean;
  private uncredited = 0;
  private nextStream = 1;
  private outgoing: Buffer[] = [];
  private outgoingBytes = 0;
  /** Of the fields in the server's table. */
  private inTable: CommonFields | undefined;
  private ready: (() => void) | undefined;

  private constructor(socket: TLSSocket, credited: boolean) {
    this.socket = socket;
    this.credited = credited;
    this.bodies = new BodySender((head, part) => this.add(head, part));
    socket.on('close', () => this.closed());
  }

  /**
   * Resolves when the server has said what it takes; rejects when it does not come to that. With `window`, the server may send so
   * many bytes of an answer, and no more: a client that does not read.
   */
  static async open({ url, ca }: Pick<Target, 'url' | 'ca'>, window?: number): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    let reader: AnswerReader | undefined;
    const options: tls.ConnectionOptions & Pick<TcpNetConnectOpts, 'onread'> = {
      host: hostname,
      port: Number(port),
      ca,
      ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
      ALPNProtocols: ['h2'],
      onread: {
        buffer: Buffer.allocUnsafeSlow(readBytes),
        callback: (length, buffer) => {
          reader?.read((buffer as Buffer).subarray(0, length));
          return true;
        },
      },
    };
    const socket = tls.connect(options);
    socket.setNoDelay(true);
    const connection = new RawConnection(socket, window === undefined);
    reader = new AnswerReader(connection.events());
    await once(socket, 'secureConnect');
    socket.on('error', () => undefined);
    const settled = new Promise<void>((resolve, reject) => {
      connection.ready = resolve;
      socket.once('close', () => reject(new Error('the connection was closed before it was used')));
    });
    connection.add(
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      settingsFrame([setting.headerTableSize, 0], [setting.initialWindowSize, window ?? largestWindow]),
      windowUpdateFrame(connectionWindow - firstWindow),
    );
    await settled;
    return connection;
  }

  send(request: PreparedRequest, answered: Answered, listener?: AnswerListener): void {
    if (this.socket.destroyed) {
      setImmediate(answered, 0, 0);
      return;
    }
    const { body } = request;
    const stream = this.sendHeaders(request, body === undefined);
    this.waiting.set(stream, { answered, listener, status: 0, bytes: 0 });
    if (body !== undefined) this.bodies.send(stream, body);
  }

  /** Begins a request and never ends it. */
  sendHalf(request: PreparedRequest): void {
    this.sendHeaders(request, false);
  }

  /** Sends a request and takes it back at once, or whenever the answer is called. */
  sendAndCancel(request: PreparedRequest, answered: Answered, listener?: AnswerListener): () => void {
    const stream = this.nextStream;
    this.send(request, answered, listener);
    return () => {
      if (!this.waiting.has(stream)) return;
      this.add(frameHead(4, frameType.reset, 0, stream), cancelCode);
      this.ended(stream, 0);
    };
  }

  destroy(): void {
    this.socket.destroy();
  }

  private sendHeaders({ start, common, end }: PreparedRequest, ends: boolean): number {
    const stream = this.nextStream;
    this.nextStream += 2;
    const fields = this.fieldsOf(common);
    const flags = frameFlag.endHeaders | (ends ? frameFlag.endStream : 0);
    this.add(
      frameHead(start.length + fields.length + end.length, frameType.headers, flags, stream),
      start,
      fields,
      end,
    );
    return stream;
  }

  private fieldsOf(common: CommonFields): Buffer {
    if (this.inTable === common) return common.again;
    if (this.inTable !== undefined) return common.plain;
    this.inTable = common;
    return common.first;
  }

  private add(...parts: Buffer[]): void {
    if (this.outgoing.length === 0) setImmediate(this.flush);
    for (const part of parts) {
      this.outgoing.push(part);
      this.outgoingBytes += part.length;
    }
  }

  private readonly flush = (): void => {
    const bytes = Buffer.concat(this.outgoing, this.outgoingBytes);
    this.outgoing = [];
    this.outgoingBytes = 0;
    if (!this.socket.destroyed) this.socket.write(bytes);
  };

  private events(): AnswerEvents {
    return {
      onHead: (stream, status) => {
        const waiting = this.waiting.get(stream);
        if (waiting === undefined) return;
        waiting.status = status;
        waiting.listener?.head?.(status);
      },
      onData: (stream, bytes, start, end) => {
        this.credit(end - start);
        const waiting = this.waiting.get(stream);
        if (waiting === undefined) return;
        waiting.bytes += end - start;
        waiting.listener?.data?.(bytes.subarray(start, end));
      },
      onEnd: (stream) => this.ended(stream, this.waiting.get(stream)?.status ?? 0),
      onControl: (control, payload) => this.onControl(control, payload),
    };
  }

  private onControl({ type, flags, stream }: { type: number; flags: number; stream: number }, payload: Buffer): void {
    const isAck = (flags & frameFlag.ack) !== 0;
    if (type === frameType.reset) this.ended(stream, 0);
    else if (type === frameType.windowUpdate) this.bodies.widen(stream, payload.readUInt32BE(0));
    else if (type === frameType.ping && !isAck)
      this.add(frameHead(8, frameType.ping, frameFlag.ack, 0), Buffer.from(payload));
    else if (type === frameType.settings && !isAck) {
      for (let at = 0; at < payload.length; at += 6) {
        const value = payload.readUInt32BE(at + 2);
        if (payload.readUInt16BE(at) === setting.initialWindowSize) this.bodies.streamWindow = value;
      }
      this.add(frameHead(0, frameType.settings, frameFlag.ack, 0));
      this.ready?.();
    }
  }

  private credit(bytes: number): void {
    if (!this.credited) return;
    this.uncredited += bytes;
    if (this.uncredited < creditBytes) return;
    this.add(windowUpdateFrame(this.uncredited));
    this.uncredited = 0;
  }

  private ended(stream: number, status: number): void {
    const waiting = this.waiting.get(stream);
    if (waiting === undefined) return;
    this.waiting.delete(stream);
    this.bodies.forget(stream);
    waiting.answered(status, waiting.bytes);
  }

  private closed(): void {
    const all = [...this.waiting.values()];
    this.waiting.clear();
    for (const { answered, bytes } of all) answered(0, bytes);
  }
}

const cancelCode = Buffer.from([0, 0, 0, 8]);
