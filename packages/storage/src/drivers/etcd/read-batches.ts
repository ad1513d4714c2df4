import type { EtcdConnection } from './rpc/etcd-connection.ts';
import { txnMethod } from './rpc/etcd-methods.ts';
import { encodeTxn } from './rpc/etcd-requests.ts';
import type { EtcdKeyValue } from './rpc/etcd-responses.ts';

/** Requests under way at a time, and keys in one of them. */
const mostRequests = 4;
const mostKeys = 50;

export interface ReadKey {
  item: EtcdKeyValue | undefined;
  /** etcd's newest revision when it answered. */
  revision: number;
}

interface Waiting {
  key: Uint8Array;
  resolve(answer: ReadKey): void;
  reject(error: unknown): void;
}

/**
 * Reads single keys, newest revision. A lone read is sent at once; what is asked for together, or while enough requests
 * are under way, shares one, since most of the cost of a small read is that of the request. A read is never answered by a
 * request that was sent before it.
 */
export class ReadBatches {
  readonly #connection: EtcdConnection;
  #waiting: Waiting[] = [];
  #requests = 0;
  #scheduled = false;

  constructor(connection: EtcdConnection) {
    this.#connection = connection;
  }

  read(key: Uint8Array): Promise<ReadKey> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject });
      if (this.#scheduled || this.#requests >= mostRequests) return;
      this.#scheduled = true;
      queueMicrotask(() => {
        this.#scheduled = false;
        this.#sendAll();
      });
    });
  }

  #sendAll(): void {
    while (this.#waiting.length > 0 && this.#requests < mostRequests)
      void this.#send(this.#waiting.splice(0, mostKeys));
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    this.#requests++;
    try {
      const success = batch.map(({ key }) => ({ range: { key } }));
      const message = encodeTxn({ compares: [], success, failure: [] });
      const { revision, ranges } = await this.#connection.request(txnMethod, message);
      for (const [i, { resolve }] of batch.entries()) resolve({ item: ranges[i]?.items[0], revision });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    this.#requests--;
    this.#sendAll();
  }
}
