import type { ClientHttp2Stream } from 'node:http2';
import { within } from './poll.ts';
import type { KubeJson, Rest } from './rest.ts';

export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: KubeJson;
}

/** Events of one watch, kept in order; readers wait for what they name. */
export class WatchStream {
  readonly events: WatchEvent[] = [];
  ended = false;
  private readonly stop: () => void;
  private waiting: (() => void)[] = [];
  private rest = '';

  constructor(source: NodeJS.ReadableStream, stop: () => void) {
    this.stop = stop;
    source.on('data', (chunk: Buffer) => this.feed(chunk.toString('utf8')));
    source.on('error', () => undefined);
    const end = (): void => {
      this.ended = true;
      this.wake();
    };
    source.on('end', end);
    source.on('close', end);
  }

  /** Waits for the first event, at or after `from`, that fits. */
  async next(fits: (event: WatchEvent) => boolean, what = 'the event', from = 0): Promise<WatchEvent> {
    return within(20_000, what, this.find(fits, what, from));
  }

  async named(type: WatchEvent['type'], name: string): Promise<WatchEvent> {
    return this.next((event) => event.type === type && event.object.metadata.name === name, `${type} ${name}`);
  }

  /** Waits for the stream's end. */
  async end(): Promise<void> {
    await within(20_000, 'the end of the watch', this.untilEnd());
  }

  close(): void {
    this.stop();
  }

  private async find(fits: (event: WatchEvent) => boolean, what: string, from: number): Promise<WatchEvent> {
    for (let i = from; ; i++) {
      while (i >= this.events.length) {
        if (this.ended)
          throw new Error(
            `the watch ended without ${what}; it had ${JSON.stringify(this.events.map((e) => [e.type, e.object.metadata?.name]))}`,
          );
        await new Promise<void>((resolve) => this.waiting.push(resolve));
      }
      const event = this.events[i] as WatchEvent;
      if (fits(event)) return event;
    }
  }

  private async untilEnd(): Promise<void> {
    while (!this.ended) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  private feed(text: string): void {
    const lines = (this.rest + text).split('\n');
    this.rest = lines.pop() as string;
    for (const line of lines) if (line !== '') this.events.push(JSON.parse(line) as WatchEvent);
    this.wake();
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}

/** Opens a watch over HTTP/2; an answer other than 200 is an error with its text. */
export async function openWatch(rest: Rest, path: string, headers?: Record<string, string>): Promise<WatchStream> {
  const stream = rest.open('GET', path, { headers });
  const status = await within(20_000, 'the headers of a watch', statusOf(stream));
  if (status === 200) return new WatchStream(stream, () => stream.close());
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  throw new Error(`watch: ${status} ${Buffer.concat(chunks).toString('utf8')}`);
}

function statusOf(stream: ClientHttp2Stream): Promise<number> {
  return new Promise((resolve, reject) => {
    stream.once('response', (headers) => resolve(Number(headers[':status'])));
    stream.once('error', reject);
    stream.once('close', () => reject(new Error('the watch was closed before it began')));
  });
}
