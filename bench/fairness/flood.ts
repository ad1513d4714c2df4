// A process that floods a server until it is told to stop: closed loops on many streams of several connections, at the lowest
// priority, so that it takes the processor from nobody. Says what it was answered when it is asked.
import { setPriority } from 'node:os';
import { numbered } from '../load/numbered.ts';
import { RawConnection } from '../load/raw-connection.ts';
import { type PreparedRequest, prepareRequest } from '../load/request-block.ts';

export interface FloodPlan {
  url: string;
  ca: string;
  /** Taken in turn, as are the paths; `#` in path and body is a running number. */
  tokens: readonly string[];
  paths: readonly string[];
  method: string;
  body?: string;
  contentType?: string;
  /** The requests are watches: those of a connection are opened, then it is closed. */
  watch?: boolean;
  connections: number;
  /** Of each connection. */
  streams: number;
  /** Between a 429 and the next request of its loop, milliseconds. */
  retryMs: number;
}

/** Since the last time. */
export interface FloodCounts {
  served: number;
  refused: number;
  /** Other answers, by status; 0 is a stream or a connection that was cut off. */
  failed: Record<number, number>;
  /** Processor time of this process, microseconds. */
  cpuMicros: number;
}

const pauseMs = 100;
/** So that bodies and names differ, and the numbers of patches are those of the objects that there are. */
const numbers = 500;

class Flood {
  private readonly plan: FloodPlan;
  private readonly next: () => PreparedRequest;
  private readonly connections = new Set<RawConnection>();
  private stopped = false;
  private counts = { served: 0, refused: 0, failed: {} as Record<number, number> };
  private cpu = process.cpuUsage();

  constructor(plan: FloodPlan) {
    this.plan = plan;
    this.next = requestsOf(plan);
  }

  start(): void {
    for (let i = 0; i < this.plan.connections; i++) void this.keepOneOpen();
  }

  take(): FloodCounts {
    const { user, system } = process.cpuUsage(this.cpu);
    const taken = { ...this.counts, cpuMicros: user + system };
    this.counts = { served: 0, refused: 0, failed: {} };
    this.cpu = process.cpuUsage();
    return taken;
  }

  stop(): void {
    this.stopped = true;
    for (const connection of this.connections) connection.destroy();
  }

  private async keepOneOpen(): Promise<void> {
    while (!this.stopped) {
      try {
        const connection = await RawConnection.open(this.plan);
        this.connections.add(connection);
        if (this.stopped) connection.destroy();
        else if (this.plan.watch === true) await this.watchOnce(connection);
        else await this.useUntilClosed(connection);
        this.connections.delete(connection);
      } catch {
        this.fail(0);
        await pause();
      }
    }
  }

  private async watchOnce(connection: RawConnection): Promise<void> {
    const opened = Array.from({ length: this.plan.streams }, () => {
      return new Promise<void>((resolve) => {
        let isOpen = false;
        const head = (status: number): void => {
          isOpen = true;
          this.count(status);
          resolve();
        };
        const ended = (): void => {
          if (!isOpen && !this.stopped) this.fail(0);
          resolve();
        };
        connection.send(this.next(), ended, { head });
      });
    });
    await Promise.all(opened);
    connection.destroy();
  }

  private async useUntilClosed(connection: RawConnection): Promise<void> {
    for (let i = 0; i < this.plan.streams; i++) this.step(connection);
    await new Promise<void>((resolve) => connection.socket.once('close', () => resolve()));
    if (!this.stopped) await pause();
  }

  private step(connection: RawConnection): void {
    connection.send(this.next(), (status) => {
      if (this.stopped) return;
      this.count(status);
      if (connection.socket.destroyed) return;
      if (status >= 200 && status < 300) this.step(connection);
      else setTimeout(() => this.step(connection), status === 429 ? this.plan.retryMs : pauseMs);
    });
  }

  private count(status: number): void {
    if (status >= 200 && status < 300) this.counts.served += 1;
    else if (status === 429) this.counts.refused += 1;
    else this.fail(status);
  }

  private fail(status: number): void {
    this.counts.failed[status] = (this.counts.failed[status] ?? 0) + 1;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, pauseMs));
}

/** The plan's requests in turn, made ready before unless each is another one. */
function requestsOf({ tokens, paths, method, body, contentType }: FloodPlan): () => PreparedRequest {
  const make = (turn: number): PreparedRequest => {
    const number = method === 'POST' ? turn : turn % numbers;
    return prepareRequest(
      { token: tokens[turn % tokens.length] as string },
      {
        method,
        path: numbered(paths[turn % paths.length] as string)(number),
        ...(body === undefined ? {} : { body: numbered(body)(number) }),
        ...(contentType === undefined ? {} : { contentType }),
      },
    );
  };
  const ready =
    method === 'POST'
      ? []
      : Array.from({ length: Math.max(tokens.length, paths.length, body === undefined ? 1 : numbers) }, (_, i) =>
          make(i),
        );
  const from = process.pid * 1_000_000;
  let turn = 0;
  return () => {
    turn += 1;
    return ready.length === 0 ? make(from + turn) : (ready[turn % ready.length] as PreparedRequest);
  };
}

let flood: Flood | undefined;
process.on('message', (message: { plan?: FloodPlan; take?: true }) => {
  if (message.plan !== undefined) {
    setPriority(19);
    flood = new Flood(message.plan);
    flood.start();
  } else process.send?.(flood?.take());
});
process.once('disconnect', () => process.exit());
