import { parentPort, workerData } from 'node:worker_threads';
import type { BatchMessage, WriterOptions, WriterRequest, WriterResponse } from './batch-wire.ts';
import { isFull, messageOf, OpenWriter } from './open-writer.ts';

/** The writer thread: answers one batch at a time; removes compacted history and shortens the file while no batch waits. */
function serve(port: NonNullable<typeof parentPort>, options: WriterOptions): void {
  const open = new OpenWriter(options);
  let compacting: number[] = [];
  let step: NodeJS.Immediate | undefined;

  const post = (message: WriterResponse): void => port.postMessage(message);

  /** One step of removing, or else of giving room back, and the next when waiting batches have had their turn. */
  const maintain = (): void => {
    step = undefined;
    let error: string | undefined;
    let more = false;
    try {
      const { compaction } = open.current();
      more = compaction.sweep();
      if (!more && compacting.length === 0) more = compaction.shrink();
    } catch (thrown) {
      error = messageOf(thrown);
      if (!isFull(thrown)) open.drop();
    }
    if (more) {
      step = setImmediate(maintain);
      return;
    }
    if (compacting.length === 0) return;
    for (const revision of compacting) post({ type: 'compacted', revision, error });
    compacting = [];
    if (error === undefined) step = setImmediate(maintain);
  };

  const commit = (batch: BatchMessage): void => {
    try {
      const { items, values, compactions } = open.current().writer.commit(batch);
      post({ type: 'answer', items, values });
      if (compactions.length === 0) return;
      compacting.push(...compactions);
      step ??= setImmediate(maintain);
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
    if (step !== undefined) clearImmediate(step);
    open.drop();
    post({ type: 'closed' });
    port.close();
  });
  step = setImmediate(maintain);
}

if (parentPort !== null) serve(parentPort, workerData as WriterOptions);
