import { type MessagePort, type Transferable, Worker } from 'node:worker_threads';
import type { WriterData, WriterRequest, WriterResponse } from './batch-wire.ts';

/** A connection to the writer thread. */
export interface WriterLine {
  post(message: WriterRequest, transfer?: Transferable[]): void;
  /** From now on the line keeps this thread alive. */
  ref(): void;
  unref(): void;
  /** Without waiting for anything. */
  cut(): Promise<void>;
}

export interface WriterEvents {
  message(message: WriterResponse): void;
  /** The writer thread is gone; called once or twice, with what is known of the reason. */
  ended(message: string, cause?: Error): void;
}

/** Starts the writer thread of a database; `workerUrl` is its module. */
export function startWriter(workerUrl: URL, options: WriterData, events: WriterEvents): WriterLine {
  const worker = new Worker(workerUrl, {
    workerData: options,
    resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 16 },
  });
  worker.on('message', (message: WriterResponse) => events.message(message));
  worker.on('error', (error: Error) => events.ended(`the writer thread failed: ${error.message}`, error));
  worker.on('exit', (code: number) => events.ended(`the writer thread exited with code ${code}`));
  worker.unref();
  return {
    post: (message, transfer = []) => worker.postMessage(message, transfer),
    ref: () => worker.ref(),
    unref: () => worker.unref(),
    cut: async () => void (await worker.terminate()),
  };
}

/** Speaks to the writer thread that another thread has started and told of the other end of `port`. */
export function joinWriter(port: MessagePort, events: WriterEvents): WriterLine {
  port.on('message', (message: WriterResponse) => events.message(message));
  port.on('close', () => events.ended('the writer thread is gone'));
  port.unref();
  return {
    post: (message, transfer = []) => port.postMessage(message, transfer),
    ref: () => port.ref(),
    unref: () => port.unref(),
    cut: async () => port.close(),
  };
}
