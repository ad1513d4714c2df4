import { Duplex } from 'node:stream';
import { ReadingTurns } from '../../reading-turns.ts';
import { FrameReader } from '../frame-reader.ts';
import { flag, frameHead, frameType, preface, settingsFrame } from '../frames.ts';
import { encodeField } from '../header-encoder.ts';
import { type ConnectionOptions, ServerConnection } from '../server-connection.ts';
import type { ServerStream } from '../server-stream.ts';

export interface SeenFrame {
  type: number;
  flags: number;
  stream: number;
  payload: Buffer;
}

/** Both ends of a socket in memory. */
function socketPair(): { server: Duplex; client: Duplex } {
  const make = (other: () => Duplex): Duplex =>
    new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _encoding, done) {
        other().push(chunk);
        done();
      },
      final(done) {
        other().push(null);
        done();
      },
    });
  const server: Duplex = make(() => client);
  const client: Duplex = make(() => server);
  return { server, client };
}

/** A client of a connection that sends any frames it is told to. */
export class RawPeer {
  readonly frames: SeenFrame[] = [];
  readonly streams: ServerStream[] = [];
  readonly connection: ServerConnection;
  readonly server: Duplex;
  now = 1000;
  private readonly client: Duplex;

  constructor(options: Partial<ConnectionOptions> = {}, begin = true) {
    const { server, client } = socketPair();
    this.server = server;
    this.client = client;
    client.on('error', () => undefined);
    const reader = new FrameReader((head, payload) => this.frames.push({ ...head, payload: Buffer.from(payload) }));
    client.on('data', (chunk: Buffer) => reader.push(chunk));
    this.connection = new ServerConnection(server, {
      maxConcurrentStreams: 3,
      frameTimeoutMs: 100,
      stallTimeoutMs: 500,
      idleTimeoutMs: 1000,
      onStream: (stream) => this.streams.push(stream),
      now: () => this.now,
      turns: new ReadingTurns({
        requestsEach: 1000,
        inLineEach: 1000,
        ms: 0,
        now: () => this.now,
        afterInput: (turn) => void setImmediate(turn),
      }),
      ...options,
    });
    if (begin) this.send(preface, settingsFrame([]));
  }

  send(...parts: Buffer[]): void {
    this.client.write(Buffer.concat(parts));
  }

  frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): void {
    this.send(frameHead(payload.length, { type, flags, stream }), payload);
  }

  request(stream: number, fields: Record<string, string> = {}, flags: number = flag.endStream): void {
    this.frame(frameType.headers, flags | flag.endHeaders, stream, headerBlock(fields));
  }

  /** What the server has sent of a type by the time that nothing more is on its way. */
  async seen(type: number): Promise<SeenFrame[]> {
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
    return this.frames.filter((frame) => frame.type === type);
  }

  /** The code of the GOAWAY frame, if there was one. */
  async goAwayCode(): Promise<number | undefined> {
    return (await this.seen(frameType.goAway)).at(0)?.payload.readUInt32BE(4);
  }

  async resetCodes(): Promise<[stream: number, code: number][]> {
    return (await this.seen(frameType.resetStream)).map(({ stream, payload }) => [stream, payload.readUInt32BE(0)]);
  }
}

export function headerBlock(fields: Record<string, string> = {}): Buffer {
  const all = { ':method': 'GET', ':scheme': 'https', ':path': '/', ...fields };
  return Buffer.concat(Object.entries(all).map(([name, value]) => encodeField(name, value)));
}

export function firstOf(peer: RawPeer): ServerStream {
  const stream = peer.streams[0];
  if (stream === undefined) throw new Error('no stream was opened');
  return stream;
}

/** The bytes of all DATA frames. */
export async function answered(peer: RawPeer): Promise<string> {
  return Buffer.concat((await peer.seen(frameType.data)).map(({ payload }) => payload)).toString();
}

/** What a request's body says, to its end; `broken` when it has none. */
export async function bodyOf(stream: ServerStream): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    stream.read({
      data: (chunk) => chunks.push(Buffer.from(chunk)),
      end: () => resolve(Buffer.concat(chunks).toString()),
      broken: () => resolve('broken'),
    });
  });
}
