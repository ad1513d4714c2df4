import { isStorageError } from '../../storage-error.ts';
import type { EtcdReader } from './etcd-reader.ts';
import type { EtcdConnection } from './rpc/etcd-connection.ts';
import { compactMethod } from './rpc/etcd-methods.ts';
import { encodeCompaction } from './rpc/etcd-requests.ts';

/** A compaction may take long; etcd answers when the space is free. */
const compactionTimeoutMs = 120_000;

/** Compaction is etcd's own, and concerns all that it stores. Revisions here are etcd's. */
export class EtcdCompaction {
  readonly #connection: EtcdConnection;
  readonly #reader: EtcdReader;
  /** History is gone at least up to here. */
  #known = 0;

  constructor(connection: EtcdConnection, reader: EtcdReader) {
    this.#connection = connection;
    this.#reader = reader;
  }

  get known(): number {
    return this.#known;
  }

  /** Others may have compacted further. */
  async compact(revision: number): Promise<void> {
    if (revision <= this.#known) return;
    try {
      const deadline = performance.now() + compactionTimeoutMs;
      await this.#connection.request(compactMethod, encodeCompaction(revision), deadline);
    } catch (error) {
      if (!isStorageError(error, 'RevisionCompacted')) throw error;
    }
    this.#known = Math.max(this.#known, revision);
  }

  /**
   * etcd does not tell, but refuses to read what is gone. So when nobody compacted since this process last knew, one read
   * suffices; else the border is searched for.
   */
  async compactedRevision(): Promise<number> {
    if (await this.#readable(Math.max(1, this.#known))) return this.#known;
    let gone = Math.max(1, this.#known);
    let readable = await this.#reader.newest();
    while (readable - gone > 1) {
      const middle = Math.floor((gone + readable) / 2);
      if (await this.#readable(middle)) readable = middle;
      else gone = middle;
    }
    this.#known = Math.max(this.#known, readable);
    return this.#known;
  }

  async #readable(revision: number): Promise<boolean> {
    try {
      await this.#reader.newest(revision);
      return true;
    } catch (error) {
      if (isStorageError(error, 'RevisionCompacted')) return false;
      throw error;
    }
  }
}
