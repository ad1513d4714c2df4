import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { ListResult } from '../../registry/list.ts';
import type { ResponseSink } from '../api-response.ts';
import { type StreamedList, streamedList } from './streamed-list.ts';

/** Collects what is written. `unread` is what it says that its peer has not taken. */
class Collected implements ResponseSink {
  readonly chunks: Buffer[] = [];
  readonly ended: Promise<'end' | 'abort'>;
  unread = 0;
  private close: () => void = () => undefined;
  private finish: (how: 'end' | 'abort') => void = () => undefined;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.finish = resolve;
    });
  }

  write(chunk: Uint8Array | string): boolean {
    this.chunks.push(Buffer.from(chunk as Uint8Array));
    return true;
  }
  end(): void {
    this.finish('end');
  }
  abort(): void {
    this.finish('abort');
  }
  bufferedBytes(): number {
    return this.unread;
  }
  onClose(listener: () => void): void {
    this.close = listener;
  }
  hangUp(): void {
    this.close();
  }
}

const objectBytes = 10_000;

function page(count: number, continueToken: string): ListResult {
  return { items: Array.from({ length: count }), continueToken, revision: 7 } as unknown as ListResult;
}

/** Three pages of 1, 2 and 0 objects. */
function list(changes: Partial<StreamedList> = {}): StreamedList & { asked: [string, number][] } {
  const asked: [string, number][] = [];
  return {
    form: {
      furtherObjects: (items) => Buffer.from(items.length === 0 ? '' : `,${'b'.repeat(items.length * objectBytes)}`),
      end: Buffer.from(']'),
    },
    first: { bytes: [Buffer.from(`[${'a'.repeat(objectBytes)}`)], count: 1, continueToken: 'second' },
    read: async (token, limit) => {
      asked.push([token, limit]);
      return token === 'second' ? page(2, 'third') : page(0, '');
    },
    acceptEncoding: undefined,
    ...changes,
    asked,
  };
}

function start(streamed: StreamedList): Collected {
  const sink = new Collected();
  const response = streamedList(streamed);
  if (response.kind === 'stream') response.start(sink);
  return sink;
}

const whole = `[${'a'.repeat(objectBytes)},${'b'.repeat(2 * objectBytes)}]`;

describe('a streamed list', () => {
  it('is the pages in their order', async () => {
    const sink = start(list());
    expect(await sink.ended).toBe('end');
    expect(Buffer.concat(sink.chunks).toString()).toBe(whole);
  });

  it('is one gzip stream for clients that take it', async () => {
    const streamed = list({ acceptEncoding: 'gzip' });
    expect(streamedList(streamed).headers['content-encoding']).toBe('gzip');
    const sink = start(streamed);
    expect(await sink.ended).toBe('end');
    expect(gunzipSync(Buffer.concat(sink.chunks)).toString()).toBe(whole);
  });

  it('asks for pages of about a megabyte, by the size of the objects so far', async () => {
    const streamed = list();
    await start(streamed).ended;
    expect(streamed.asked).toEqual([
      ['second', 104],
      ['third', 104],
    ]);
  });

  it('reads no further while the peer has a megabyte unread', async () => {
    const streamed = list();
    const sink = new Collected();
    sink.unread = 2 * 1024 * 1024;
    const response = streamedList(streamed);
    if (response.kind === 'stream') response.start(sink);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([streamed.asked.length, sink.chunks.length]).toEqual([0, 1]);
    sink.unread = 0;
    expect(await sink.ended).toBe('end');
    expect(streamed.asked.length).toBe(2);
  });

  it('breaks off when a page cannot be read', async () => {
    const sink = start(list({ read: () => Promise.reject(new Error('compacted')) }));
    expect(await sink.ended).toBe('abort');
    expect(Buffer.concat(sink.chunks).toString()).not.toContain(']');
  });

  it('cuts off a peer that does not read', async () => {
    const streamed = list({ endsAt: performance.now() + 20 });
    const sink = new Collected();
    sink.unread = 2 * 1024 * 1024;
    const response = streamedList(streamed);
    if (response.kind === 'stream') response.start(sink);
    expect(await sink.ended).toBe('abort');
    expect(streamed.asked).toEqual([]);
  });

  it('stops reading when the peer is gone', async () => {
    const sink = new Collected();
    const streamed = list({
      read: async (token, limit) => {
        streamed.asked.push([token, limit]);
        sink.hangUp();
        return page(1, 'more');
      },
    });
    const response = streamedList(streamed);
    if (response.kind === 'stream') response.start(sink);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(streamed.asked.length).toBe(1);
  });
});
