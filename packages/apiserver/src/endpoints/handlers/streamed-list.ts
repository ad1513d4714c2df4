import { once } from 'node:events';
import { createGzip } from 'node:zlib';
import type { ListResult } from '../../registry/list.ts';
import type { ApiResponse, ResponseSink } from '../api-response.ts';
import { acceptsGzip } from '../negotiation/compression.ts';
import type { PlainList } from '../rendering.ts';

/** Objects of the first page: a list that has no more is answered in one piece. */
export const firstPageObjects = 500;
const maxPageObjects = 1000;
/** Later pages have as many objects as make so many bytes, going by the size of those before. */
const pageBytes = 1024 * 1024;

/** While the peer has more than this unread, no further page is read. */
const unreadBytes = 1024 * 1024;
/** Pauses between looks at such a peer, milliseconds. */
const shortestLook = 2;
const longestLook = 100;
/** Time for the whole list to be read; it counts as a request in work until then. */
const defaultPatienceMs = 60_000;

export interface StreamedList {
  form: Pick<PlainList, 'furtherObjects' | 'end'>;
  first: {
    /** From the beginning of the answer. */
    bytes: readonly Buffer[];
    /** Objects. */
    count: number;
    /** There is more. */
    continueToken: string;
  };
  /** The page behind a continue token, in the state of the first one. */
  read(continueToken: string, limit: number): Promise<ListResult>;
  acceptEncoding: string | undefined;
  /** When a peer that has not read all of it is cut off, in milliseconds of `performance.now()`. Default: in 60 s. */
  endsAt?: number | undefined;
}

/**
 * A list of any length in the memory of a page: the next one is read when the peer has taken the last, all of them at
 * the revision of the first. When one cannot be read, say because that revision is compacted by then, the answer
 * breaks off, which no client takes for a whole list.
 */
export function streamedList(list: StreamedList): ApiResponse {
  const gzip = acceptsGzip(list.acceptEncoding);
  return {
    kind: 'stream',
    status: 200,
    headers: {
      'content-type': 'application/json',
      vary: 'Accept-Encoding',
      ...(gzip ? { 'content-encoding': 'gzip' } : {}),
    },
    start: (sink) => {
      const paced = new PacedSink(sink, list.endsAt ?? performance.now() + defaultPatienceMs);
      const out = gzip ? new GzipOutput(paced) : paced;
      writePages(list, out).catch(() => paced.abort());
    },
  };
}

interface Output {
  /** Resolves when there is room for more. Rejects when the peer is gone or does not read. */
  write(chunk: Buffer): Promise<void>;
  end(): Promise<void>;
}

async function writePages({ form, first, read }: StreamedList, out: Output): Promise<void> {
  let bytes = 0;
  let { count, continueToken: token } = first;
  for (const part of first.bytes) {
    bytes += part.byteLength;
    await out.write(part);
  }
  while (token !== '') {
    const limit = count === 0 ? maxPageObjects : Math.floor((pageBytes / bytes) * count);
    const page = await read(token, Math.min(maxPageObjects, Math.max(1, limit)));
    const part = form.furtherObjects(page.items);
    bytes = part.byteLength;
    count = page.items.length;
    token = page.continueToken;
    if (bytes > 0) await out.write(part);
  }
  await out.write(form.end);
  await out.end();
}

class PacedSink implements Output {
  private readonly sink: ResponseSink;
  private readonly deadline: number;
  private closed = false;

  constructor(sink: ResponseSink, deadline: number) {
    this.sink = sink;
    this.deadline = deadline;
    sink.onClose(() => {
      this.closed = true;
    });
  }

  async write(chunk: Buffer): Promise<void> {
    if (!this.closed) this.sink.write(chunk);
    // A turn of the event loop for others, after each page.
    await new Promise((resolve) => setImmediate(resolve));
    for (let look = shortestLook; this.mustWait(); look = Math.min(2 * look, longestLook))
      await new Promise((resolve) => setTimeout(resolve, look));
  }

  private mustWait(): boolean {
    if (this.closed) throw new Error('the peer is gone');
    if (performance.now() > this.deadline) throw new Error('the peer reads too slowly');
    return this.sink.bufferedBytes() > unreadBytes;
  }

  async end(): Promise<void> {
    this.sink.end();
  }

  abort(): void {
    if (!this.closed) this.sink.abort();
  }
}

/** Level 1, on the thread pool. */
class GzipOutput implements Output {
  private readonly gzip = createGzip({ level: 1 });
  private readonly out: PacedSink;
  private ready: Buffer[] = [];

  constructor(out: PacedSink) {
    this.out = out;
    this.gzip.on('data', (chunk: Buffer) => this.ready.push(chunk));
  }

  async write(chunk: Buffer): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.gzip.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
    await this.forward();
  }

  async end(): Promise<void> {
    const ended = once(this.gzip, 'end');
    this.gzip.end();
    await ended;
    await this.forward();
    await this.out.end();
  }

  private async forward(): Promise<void> {
    const bytes = Buffer.concat(this.ready);
    this.ready = [];
    if (bytes.byteLength > 0) await this.out.write(bytes);
  }
}
