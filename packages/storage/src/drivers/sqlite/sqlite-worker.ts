import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { messageOf } from '../../storage-error.ts';
import type { BatchMessage, WriterData, WriterRequest, WriterResponse } from './batch-wire.ts';
import { isFull, OpenWriter } from './open-writer.ts';
import { StoreRevisions } from './store-revisions.ts';

/** Between looks at whether the files are where they were, for a store that nobody writes to. Milliseconds. */
const lookMs = 2000;

/**
 * The writer thread: commits what the threads that use the database ask for, a batch of each at a time and all that are
 * there together; removes compacted history and shortens the file while no batch waits; tells when the file is lost.
 */
class WriterThread {
  readonly #owner: MessagePort;
  readonly #ports = new Set<MessagePort>();
  readonly #open: OpenWriter;
  readonly #revisions: StoreRevisions;
  #compacting: { port: MessagePort; revision: number }[] = [];
  #step: NodeJS.Immediate | undefined;
  readonly #looking = setInterval(() => this.#look(), lookMs).unref();

  constructor(owner: MessagePort, options: WriterData) {
    this.#owner = owner;
    this.#open = new OpenWriter(options);
    this.#revisions = new StoreRevisions(options.revisions);
    this.#admit(owner);
    this.#maintainSoon();
  }

  #admit(port: MessagePort): void {
    this.#ports.add(port);
    port.on('message', (message: WriterRequest) => this.#receive(port, message));
    port.on('close', () => this.#ports.delete(port));
  }

  #receive(port: MessagePort, message: WriterRequest): void {
    switch (message.type) {
      case 'batch':
        this.#commit(port, message);
        return;
      case 'admit':
        this.#admit(message.port);
        return;
      case 'close':
        this.#close(port);
    }
  }

  #close(port: MessagePort): void {
    if (port !== this.#owner) {
      post(port, { type: 'closed' });
      port.close();
      return;
    }
    if (this.#step !== undefined) clearImmediate(this.#step);
    this.#open.drop();
    for (const other of this.#ports) {
      post(other, { type: 'closed' });
      other.close();
    }
  }

  #commit(port: MessagePort, batch: BatchMessage): void {
    const batches = new Map([[port, batch]]);
    const others = this.#gather(batches);
    try {
      this.#answer(batches);
    } catch (error) {
      const rejected = this.#rejection(error);
      for (const [asking] of batches) post(asking, rejected);
    }
    for (const { port: other, message } of others) this.#receive(other, message);
  }

  /** Adds the batches that other threads have waiting; returns what else they ask for. */
  #gather(batches: Map<MessagePort, BatchMessage>): { port: MessagePort; message: WriterRequest }[] {
    const others: { port: MessagePort; message: WriterRequest }[] = [];
    for (const port of this.#ports) {
      if (batches.has(port)) continue;
      const message = receiveMessageOnPort(port)?.message as WriterRequest | undefined;
      if (message?.type === 'batch') batches.set(port, message);
      else if (message !== undefined) others.push({ port, message });
    }
    return others;
  }

  #answer(batches: ReadonlyMap<MessagePort, BatchMessage>): void {
    const { writer } = this.#open.current();
    const before = writer.revision;
    const results = writer.commit([...batches.values()]);
    const newest = writer.revision;
    this.#revisions.committed(newest);
    let at = 0;
    for (const port of batches.keys()) {
      const { compactions, ...result } = results[at++] as (typeof results)[number];
      post(port, { type: 'answer', ...result, newest });
      for (const revision of compactions) this.#compacting.push({ port, revision });
      if (compactions.length > 0) this.#maintainSoon();
    }
    if (newest === before) return;
    for (const port of this.#ports) if (!batches.has(port)) post(port, { type: 'advanced', newest });
  }

  #rejection(error: unknown): WriterResponse {
    if (isFull(error)) {
      const message = 'the disk or the allotted space is full; nothing was written';
      return { type: 'rejected', code: 'StorageFull', message, fatal: false };
    }
    this.#open.drop();
    const message = `writing failed: ${messageOf(error)}`;
    return { type: 'rejected', code: 'StorageFailed', message, fatal: this.#open.hasDiverged() };
  }

  #look(): void {
    let lost: string | undefined;
    try {
      lost = this.#open.look();
    } catch {
      // The directory is out of reach: the next look, or the next batch, finds out.
    }
    if (lost === undefined) return;
    clearInterval(this.#looking);
    for (const port of this.#ports) post(port, { type: 'rejected', code: 'StorageFailed', message: lost, fatal: true });
  }

  #maintainSoon(): void {
    this.#step ??= setImmediate(() => this.#maintain());
  }

  /** One step of removing, or else of giving room back, and the next when waiting batches have had their turn. */
  #maintain(): void {
    this.#step = undefined;
    let error: string | undefined;
    let more = false;
    try {
      const { compaction } = this.#open.current();
      more = compaction.sweep();
      if (!more && this.#compacting.length === 0) more = compaction.shrink();
    } catch (thrown) {
      error = messageOf(thrown);
      if (!isFull(thrown)) this.#open.drop();
    }
    if (more) {
      this.#maintainSoon();
      return;
    }
    if (this.#compacting.length === 0) return;
    for (const { port, revision } of this.#compacting) post(port, { type: 'compacted', revision, error });
    this.#compacting = [];
    if (error === undefined) this.#maintainSoon();
  }
}

function post(port: MessagePort, message: WriterResponse): void {
  port.postMessage(message);
}

if (parentPort !== null) new WriterThread(parentPort, workerData as WriterData);
