// Loaded into a measured process by `--import`, together with `--expose-gc`: answers questions about memory and processor
// time over the channel to its parent. Plain JavaScript, so that nothing has to be compiled in there.
import { isMainThread } from 'node:worker_threads';

if (isMainThread && process.send !== undefined) {
  process.on('message', (/** @type {{ figures?: number, collect?: boolean }} */ { figures, collect }) => {
    if (figures === undefined) return;
    const gc = /** @type {{ gc?: (options: object) => void }} */ (globalThis).gc;
    if (collect === true) gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    const { rss, heapUsed, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    process.send?.({ figures, answer: { rss, heapUsed, external, cpuMicros: user + system } });
  });
  // A measurement that was cut short leaves nothing behind.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
}
