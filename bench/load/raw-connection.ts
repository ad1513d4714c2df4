import { once } from 'node:events';
import tls, { type TLSSocket } from 'node:tls';
import type { Target } from '../server/canopy-process.ts';

/** A request whose header block is encoded once, however often it is sent. */
export interface PreparedRequest {
  block: Buffer;
  body: Buffer | undefined;
}

const frame = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 8 } as const;
const endStream = 1;
const endHeaders = 4;
const ack = 1;
const headBytes = 9;
const largestWindow = 2 ** 31 - 1;
/** Answers with these statuses have an octet of their own. Source: RFC 7541, appendix A. */
const staticStatuses = [200, 204, 206, 304, 400, 404, 500];
const firstStaticStatus = 8;

export function prepare(target: Pick<Target, 'token'>, method: string, path: string, body?: string): PreparedRequest {
  const fields: [string, string][] = [
    [':method', method],
    [':scheme', 'https'],
    [':authority', 'localhost'],
    [':path', path],
    ['authorization', `Bearer ${target.token}`],
    ['accept', 'application/json'],
  ];
  if (body !== undefined) fields.push(['content-type', 'application/json']);
  const block = Buffer.concat(fields.map(([name, value]) => Buffer.concat([octets(0), text(name), text(value)])));
  return { block, body: body === undefined ? undefined : Buffer.from(body) };
}

/**
 * An HTTP/2 client that costs a small part of what it makes a server do: requests are bytes that are ready, those of a turn
 * leave as one write, and of the answers only their status and their end are looked at.
 */
export class RawConnection {
  readonly socket: TLSSocket;
  private readonly waiting = new Map<number, (status: number) => void>();
  private readonly statuses = new Map<number, number>();
  private nextStream = 1;
  private outgoing: Buffer[] = [];
  private rest: Buffer | undefined;

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('close', () => {
      const all = [...this.waiting.values()];
      this.waiting.clear();
      for (const done of all) done(0);
    });
  }

  /** With `window`, the peer may send so many bytes of an answer, and no more: a client that does not read. */
  static async open({ url, ca }: Pick<Target, 'url' | 'ca'>, window = largestWindow): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = tls.connect({ host: hostname, port: Number(port), ca, ALPNProtocols: ['h2'] });
    socket.on('error', () => undefined);
    socket.setNoDelay(true);
    await once(socket, 'secureConnect');
    const initialWindow = Buffer.alloc(6);
    initialWindow.writeUInt16BE(4, 0);
    initialWindow.writeUInt32BE(window, 2);
    const more = Buffer.alloc(4);
    more.writeUInt32BE(largestWindow - 65_535);
    socket.write(
      Buffer.concat([
        Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
        head(6, frame.settings, 0, 0),
        initialWindow,
        head(4, frame.windowUpdate, 0, 0),
        more,
      ]),
    );
    return new RawConnection(socket);
  }

  /** `done` gets the status when the answer is complete; 0 when the stream or the connection failed. */
  send({ block, body }: PreparedRequest, done: (status: number) => void): void {
    if (this.socket.destroyed) {
      setImmediate(done, 0);
      return;
    }
    const stream = this.nextStream;
    this.nextStream += 2;
    this.waiting.set(stream, done);
    this.add(head(block.length, frame.headers, endHeaders | (body === undefined ? endStream : 0), stream), block);
    if (body === undefined) return;
    for (let at = 0; at < body.length || at === 0; at += 16_384) {
      const part = body.subarray(at, at + 16_384);
      this.add(head(part.length, frame.data, at + 16_384 >= body.length ? endStream : 0, stream), part);
    }
  }

  /** Begins a request and never ends it. */
  sendHalf({ block }: PreparedRequest): void {
    this.add(head(block.length, frame.headers, endHeaders, this.nextStream), block);
    this.nextStream += 2;
  }

  destroy(): void {
    this.socket.destroy();
  }

  private add(...parts: Buffer[]): void {
    if (this.outgoing.length === 0) setImmediate(this.flush);
    this.outgoing.push(...parts);
  }

  private readonly flush = (): void => {
    const bytes = Buffer.concat(this.outgoing);
    this.outgoing = [];
    if (!this.socket.destroyed) this.socket.write(bytes);
  };

  private read(chunk: Buffer): void {
    const bytes = this.rest === undefined ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    while (at + headBytes <= bytes.length) {
      const length = bytes.readUIntBE(at, 3);
      if (at + headBytes + length > bytes.length) break;
      this.frame(bytes, at, length);
      at += headBytes + length;
    }
    this.rest = at === bytes.length ? undefined : bytes.subarray(at);
  }

  private frame(bytes: Buffer, at: number, length: number): void {
    const type = bytes[at + 3];
    const flags = bytes[at + 4] as number;
    const stream = bytes.readUInt32BE(at + 5);
    const payload = at + headBytes;
    if (type === frame.headers) this.statuses.set(stream, statusAt(bytes, payload));
    else if (type === frame.settings && (flags & ack) === 0) this.add(head(0, frame.settings, ack, 0));
    else if (type === frame.ping && (flags & ack) === 0) {
      this.add(head(8, frame.ping, ack, 0), Buffer.from(bytes.subarray(payload, payload + length)));
    } else if (type === frame.reset) this.ended(stream, 0);
    if ((type === frame.headers || type === frame.data) && (flags & endStream) !== 0) {
      this.ended(stream, this.statuses.get(stream) ?? 0);
    }
  }

  private ended(stream: number, status: number): void {
    const done = this.waiting.get(stream);
    this.waiting.delete(stream);
    this.statuses.delete(stream);
    done?.(status);
  }
}

/** Of a block that begins with a static entry or with a literal of static name, as Canopy's do. */
function statusAt(bytes: Buffer, start: number): number {
  // The first block of a connection begins with the size of a table that is not used.
  const at = bytes[start] === 0x20 ? start + 1 : start;
  const first = bytes[at] as number;
  if (first >= 0x80) return staticStatuses[(first & 0x7f) - firstStaticStatus] ?? 0;
  return Number(bytes.toString('latin1', at + 2, at + 5));
}

function head(length: number, type: number, flags: number, stream: number): Buffer {
  const out = Buffer.allocUnsafe(headBytes);
  out.writeUIntBE(length, 0, 3);
  out[3] = type;
  out[4] = flags;
  out.writeUInt32BE(stream, 5);
  return out;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  if (bytes.length < 127) return Buffer.concat([octets(bytes.length), bytes]);
  const size: number[] = [127];
  let more = bytes.length - 127;
  for (; more >= 128; more >>>= 7) size.push((more & 127) | 128);
  return Buffer.concat([octets(...size, more), bytes]);
}

function octets(...values: number[]): Buffer {
  return Buffer.from(values);
}
