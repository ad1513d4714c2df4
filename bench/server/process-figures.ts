import type { ChildProcess } from 'node:child_process';

/** What a measured process says about itself. Memory in bytes, processor time of all its threads in microseconds. */
export interface ProcessFigures {
  rss: number;
  heapUsed: number;
  external: number;
  cpuMicros: number;
}

/** How late the event loop came to its timers since the last question, in milliseconds. */
export interface LoopDelays {
  delayP50: number;
  delayP99: number;
  delayMax: number;
}

let questions = 0;

/** Asks a process that was started with {@link figureFlags}; with `collect`, after a full garbage collection. */
export function figuresOf(child: ChildProcess, collect = false): Promise<ProcessFigures> {
  return ask(child, { collect }) as Promise<ProcessFigures>;
}

/** The same with the delays of its event loop, which it measures from the first such question on. */
export function figuresAndDelaysOf(child: ChildProcess): Promise<ProcessFigures & LoopDelays> {
  return ask(child, { delay: true }) as Promise<ProcessFigures & LoopDelays>;
}

function ask(child: ChildProcess, question: { collect?: boolean; delay?: boolean }): Promise<object> {
  questions += 1;
  const id = questions;
  return new Promise((resolve, reject) => {
    const listener = (message: { figures?: number; answer?: object }): void => {
      if (message.figures !== id) return;
      child.off('message', listener);
      resolve(message.answer as object);
    };
    child.on('message', listener);
    child.send({ figures: id, ...question }, (error) => error && reject(error));
  });
}

/** Flags of a Node.js process that answers {@link figuresOf}. */
export const figureFlags: readonly string[] = [
  '--expose-gc',
  '--import',
  new URL('./figures-on-message.mjs', import.meta.url).href,
];

/** Of the main thread, in milliseconds of its processor time. */
export interface BusyTimes {
  /** Of each turn of the event loop. */
  turns: number[];
  /** From reading a request to writing its answer, on connections to `localhost` rather than to an address. */
  answers: number[];
}

/** Flags of a process that answers {@link busyTimes}. */
export const busyTimeFlags: readonly string[] = ['--import', new URL('./turns-on-message.mjs', import.meta.url).href];

/** What a process is busy with while something else is done. */
export async function busyTimes(child: ChildProcess, work: () => Promise<void>): Promise<BusyTimes> {
  child.send({ turns: 'start' });
  await work();
  return new Promise((resolve) => {
    const hear = (message: Partial<BusyTimes>): void => {
      if (message.turns === undefined || message.answers === undefined) return;
      child.off('message', hear);
      resolve({ turns: message.turns, answers: message.answers });
    };
    child.on('message', hear);
    child.send({ turns: 'stop' });
  });
}

const settleRounds = 6;
const settlePauseMs = 250;

/**
 * Resident memory of a process at rest: full collections with pauses between them, until one no longer gains 1 %. What
 * the allocator keeps for itself counts, garbage does not.
 */
export async function settledMemory(child: ChildProcess): Promise<ProcessFigures> {
  let last = await figuresOf(child, true);
  for (let round = 0; round < settleRounds; round++) {
    await new Promise((resolve) => setTimeout(resolve, settlePauseMs));
    const next = await figuresOf(child, true);
    if (next.rss > last.rss * 0.99) return next;
    last = next;
  }
  return last;
}
