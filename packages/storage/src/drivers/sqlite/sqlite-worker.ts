import { parentPort, workerData } from 'node:worker_threads';
import type { BatchMessage, WriterOptions, WriterRequest, WriterResponse } from './batch-wire.ts';
import { isFull, messageOf, OpenWriter } from './open-writer.ts';

/** The writer thread: answers one batch at a time; removes compacted history while no batch waits. */
function serve(port: NonNullable<typeof parentPort>, options: WriterOptions): void {
  const open = new OpenWriter(options);
  let compacting: number[] = [];
  let slice: NodeJS.Immediate | undefined;

  const post = (message: WriterResponse): void => port.postMessage(message);

  const compactSlice = (): void => {
    slice = undefined;
    let error: string | undefined;
    try {
      if (open.current().compaction.slice()) {
        slice = setImmediate(compactSlice);
        return;
      }
    } catch (thrown) {
      error = messageOf(thrown);
      if (!isFull(thrown)) open.drop();
    }
    for (const revision of compacting) post({ type: 'compacted', revision, error });
    compacting = [];
  };

  const commit = (batch: BatchMessage): void => {
    try {
      const { items, values, compactions } = open.current().writer.commit(batch);
      post({ type: 'answer', items, values });
      if (compactions.length === 0) return;
      compacting.push(...compactions);
      slice ??= setImmediate(compactSlice);
    } catch (error) {
      post(rejection(error));
    }
  };

  const rejection = (error: unknown): WriterResponse => {
    if (isFull(error)) {
      const message = 'the disk or the allotted space is full; nothing was written';
      return { type: 'rejected', code: 'StorageFull', message, fatal: false };
    }
    open.drop();
    const message = `writing failed: ${messageOf(error)}`;
    return { type: 'rejected', code: 'StorageFailed', message, fatal: open.hasDiverged() };
  };

  port.on('message', (message: WriterRequest) => {
    if (message.type === 'batch') return commit(message);
    if (slice !== undefined) clearImmediate(slice);
    open.drop();
    post({ type: 'closed' });
    port.close();
  });
  slice = setImmediate(compactSlice);
}

if (parentPort !== null) serve(parentPort, workerData as WriterOptions);
