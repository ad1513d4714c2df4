// Loaded into a measured process by `--import`, together with `--expose-gc`: answers questions about memory and processor
// time over the channel to its parent. Plain JavaScript, so that nothing has to be compiled in there.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** @type {ReturnType<typeof monitorEventLoopDelay> | undefined} Measured from the first time that somebody asks for it. */
let delay;

/** Milliseconds since the last time. */
function delays() {
  if (delay === undefined) {
    delay = monitorEventLoopDelay({ resolution: 10 });
    delay.enable();
  }
  const answer = delay.count === 0 ? { delayP50: 0, delayP99: 0, delayMax: 0 } : delaysOf(delay);
  delay.reset();
  return answer;
}

/** @param {ReturnType<typeof monitorEventLoopDelay>} measured */
function delaysOf(measured) {
  return {
    delayP50: measured.percentile(50) / 1e6,
    delayP99: measured.percentile(99) / 1e6,
    delayMax: measured.max / 1e6,
  };
}

if (isMainThread && process.send !== undefined) {
  process.on('message', (/** @type {{ figures?: number, collect?: boolean, delay?: boolean }} */ message) => {
    const { figures, collect } = message;
    if (figures === undefined) return;
    const gc = /** @type {{ gc?: (options: object) => void }} */ (globalThis).gc;
    if (collect === true) gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    const { rss, heapUsed, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    process.send?.({
      figures,
      answer: { rss, heapUsed, external, cpuMicros: user + system, ...(message.delay === true ? delays() : {}) },
    });
  });
  // A measurement that was cut short leaves nothing behind.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
}
