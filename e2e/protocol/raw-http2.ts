import { once } from 'node:events';
import tls, { type TLSSocket } from 'node:tls';
import type { CanopyProcess } from '../harness/canopy-process.ts';

export const frameType = {
  data: 0,
  headers: 1,
  resetStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  continuation: 9,
} as const;
export const endStream = 1;
export const endHeaders = 4;

/** One frame. Source: RFC 9113, 4.1. */
export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Header fields as literals that are not indexed, lengths below 127. Source: RFC 7541, 6.2.2. */
export function headerBlock(fields: Record<string, string>): Buffer {
  const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  return Buffer.concat(
    Object.entries(fields).map(([name, value]) => Buffer.concat([Buffer.from([0]), text(name), text(value)])),
  );
}

export const anonymousGet = headerBlock({
  ':method': 'GET',
  ':scheme': 'https',
  ':path': '/healthz',
  ':authority': 'x',
});

/** A peer of HTTP/2 that sends any bytes it is told to, and knows no rules. */
export class RawHttp2 {
  readonly socket: TLSSocket;
  /** Code of the GOAWAY frame that came, if one did. */
  goAway: number | undefined;
  private received = Buffer.alloc(0);

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.read(chunk));
  }

  static async connect(server: CanopyProcess): Promise<RawHttp2> {
    const socket = tls.connect({ host: '127.0.0.1', port: server.port, ca: server.ca, ALPNProtocols: ['h2'] });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    const peer = new RawHttp2(socket);
    peer.send(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(frameType.settings, 0, 0));
    return peer;
  }

  get closed(): boolean {
    return this.socket.destroyed;
  }

  send(...parts: Buffer[]): void {
    if (this.socket.writable) this.socket.write(Buffer.concat(parts));
  }

  close(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    this.received = Buffer.concat([this.received, chunk]);
    while (this.received.length >= 9) {
      const end = 9 + this.received.readUIntBE(0, 3);
      if (this.received.length < end) return;
      if (this.received[3] === frameType.goAway) this.goAway = this.received.readUInt32BE(13);
      this.received = this.received.subarray(end);
    }
  }
}
