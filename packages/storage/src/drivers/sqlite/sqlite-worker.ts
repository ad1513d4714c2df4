import { parentPort, workerData } from 'node:worker_threads';
import type { BatchMessage, WriterOptions, WriterRequest, WriterResponse } from './batch-wire.ts';
import { SqliteCompaction } from './sqlite-compaction.ts';
import { SqliteWriter } from './sqlite-writer.ts';

/** Primary result code of a full disk (https://www.sqlite.org/rescode.html#full). */
const sqliteFull = 13;

/** The writer thread: answers one batch at a time; removes compacted history while no batch waits. */
function serve(port: NonNullable<typeof parentPort>, options: WriterOptions): void {
  const writer = new SqliteWriter(options);
  const compaction = new SqliteCompaction(writer.database);
  let compacting: number[] = [];
  let slice: NodeJS.Immediate | undefined;
  let failure: string | undefined;

  const post = (message: WriterResponse): void => port.postMessage(message);

  const compactSlice = (): void => {
    slice = undefined;
    let error: string | undefined;
    try {
      if (compaction.slice()) {
        slice = setImmediate(compactSlice);
        return;
      }
    } catch (thrown) {
      error = messageOf(thrown);
    }
    for (const revision of compacting) post({ type: 'compacted', revision, error });
    compacting = [];
  };

  const commit = (batch: BatchMessage): void => {
    if (failure !== undefined) {
      post({
        type: 'rejected',
        code: 'StorageFailed',
        message: `nothing was written: an earlier write failed: ${failure}`,
        fatal: true,
      });
      return;
    }
    try {
      const { items, values, compactions } = writer.commit(batch);
      post({ type: 'answer', items, values });
      if (compactions.length === 0) return;
      compacting.push(...compactions);
      slice ??= setImmediate(compactSlice);
    } catch (error) {
      const full = isFull(error);
      if (!full) failure = messageOf(error);
      post(
        full
          ? {
              type: 'rejected',
              code: 'StorageFull',
              message: 'the disk or the allotted space is full; nothing was written',
              fatal: false,
            }
          : { type: 'rejected', code: 'StorageFailed', message: `writing failed: ${messageOf(error)}`, fatal: true },
      );
    }
  };

  port.on('message', (message: WriterRequest) => {
    if (message.type === 'batch') return commit(message);
    if (slice !== undefined) clearImmediate(slice);
    writer.database.close();
    post({ type: 'closed' });
    port.close();
  });
  slice = setImmediate(compactSlice);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === sqliteFull;
}

if (parentPort !== null) serve(parentPort, workerData as WriterOptions);
