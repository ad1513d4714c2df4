/** The event loop as the scheduler sees it; a test's own makes it deterministic. */
export interface EventLoop {
  /** Milliseconds, monotonic. */
  now(): number;
  /** Processor time of this thread, milliseconds. Dearer to ask than the time. */
  busy(): number;
  /** Once, when what the sockets have brought in this turn has been handled. */
  afterInput(callback: () => void): void;
  /** Once, when all that is ready to run has run; sockets are not looked at before. */
  afterReady(callback: () => void): void;
  /** Again and again until the answer is called. */
  every(ms: number, callback: () => void): () => void;
}

export const eventLoop: EventLoop = {
  now: () => performance.now(),
  busy() {
    // Asked for the whole process, Linux brings its account of this thread up to date; it is up to 4 ms old otherwise.
    process.cpuUsage();
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  },
  afterInput: (callback) => void setImmediate(callback),
  // A tick that a microtask asks for runs when the microtasks are done.
  afterReady: (callback) => queueMicrotask(() => process.nextTick(callback)),
  every(ms, callback) {
    const timer = setInterval(callback, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};
