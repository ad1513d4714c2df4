import type { AnyObject } from './api-caller.ts';

export interface LiveEvent {
  type: string;
  object: AnyObject;
}

const patienceMs = 15_000;

/** Events of a watch in the order they came. */
export class LiveWatch {
  readonly events: LiveEvent[] = [];
  private readonly stop: AbortController;
  private ended = false;
  private waiting: (() => void)[] = [];
  private readonly reading: Promise<void>;

  constructor(body: AsyncIterable<Uint8Array>, stop: AbortController) {
    this.stop = stop;
    this.reading = this.read(body);
  }

  /** The first event that fits, from those that came and those that will. @throws Error when there is none in 15 s */
  async until(fits: (event: LiveEvent) => boolean): Promise<LiveEvent> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.wake();
    }, patienceMs);
    try {
      for (let i = 0; ; i++) {
        while (i >= this.events.length) {
          if (this.ended || late)
            throw new Error(`${this.ended ? 'the watch ended' : 'no event came'}; there were ${this.summary()}`);
          await new Promise<void>((resolve) => this.waiting.push(resolve));
        }
        const event = this.events[i] as LiveEvent;
        if (fits(event)) return event;
      }
    } finally {
      clearTimeout(timer);
    }
  }

  named(type: string, name: string): Promise<LiveEvent> {
    return this.until((event) => event.type === type && event.object.metadata.name === name);
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.reading;
  }

  private summary(): string {
    return JSON.stringify(this.events.map(({ type, object }) => `${type} ${object.metadata?.name}`));
  }

  private async read(body: AsyncIterable<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    try {
      for await (const chunk of body) {
        const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
        rest = lines.pop() as string;
        for (const line of lines) if (line !== '') this.events.push(JSON.parse(line) as LiveEvent);
        this.wake();
      }
    } catch (error) {
      if (!this.stop.signal.aborted) throw error;
    } finally {
      this.ended = true;
      this.wake();
    }
  }

  private wake(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }
}
