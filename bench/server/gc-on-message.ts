// Loaded into a measured process by `--import`, together with `--expose-gc`: answers questions about memory and processor
// time over the channel to its parent. The program under measurement knows nothing of it.
import { isMainThread } from 'node:worker_threads';
import type { ProcessFigures } from './process-figures.ts';

interface FullCollector {
  (options?: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }): void;
}

if (isMainThread && process.send !== undefined) {
  process.on('message', (question: { collect?: boolean; figures?: number }) => {
    if (question.figures === undefined) return;
    const collect = (globalThis as { gc?: FullCollector }).gc;
    if (question.collect === true) collect?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    const { rss, heapUsed, external } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    const figures: ProcessFigures = { rss, heapUsed, external, cpuMicros: user + system };
    process.send?.({ figures: question.figures, answer: figures });
  });
  process.channel?.unref();
}
