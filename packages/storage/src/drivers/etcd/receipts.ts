import { randomUUID } from 'node:crypto';
import { isStorageError, messageOf, StorageError } from '../../storage-error.ts';
import type { EtcdKeys } from './etcd-keys.ts';
import type { EtcdLeases } from './etcd-leases.ts';
import { CallFailure } from './rpc/call-failure.ts';
import type { EtcdConnection } from './rpc/etcd-connection.ts';
import { txnMethod, watchPath } from './rpc/etcd-methods.ts';
import { encodeTxn, encodeWatchCreate, type TxnCompare, type TxnOperation } from './rpc/etcd-requests.ts';
import { decodeWatch } from './rpc/etcd-responses.ts';

/** Time in which the key of a client that is gone vanishes. */
const leaseSeconds = 60;

/** A life of the receipts' key: from its creation to its deletion. */
export interface ReceiptBook {
  /** etcd's revision of the creation. */
  created: number;
  lease: number;
}

interface Question {
  receipt: string;
  /** The transaction was sent when etcd had at least this revision. */
  since: number;
  resolve(revision: number): void;
  reject(error: unknown): void;
}

/**
 * Tells what became of a transaction whose answer was lost. Every transaction of this client puts its name, the receipt,
 * to one key of the client, and is applied only if that key still has the same creation revision. To find out what
 * happened the key is deleted and created again: from then on nothing that was sent before can be applied any more,
 * however long it has been on its way. The history of the key up to there has the receipts of all that were applied.
 */
export class Receipts {
  readonly #connection: EtcdConnection;
  readonly #leases: EtcdLeases;
  readonly #key: Uint8Array;
  #book: Promise<ReceiptBook> | undefined;
  #count = 0;
  #questions: Question[] = [];
  #answering = false;
  #lease = 0;
  #keepAlive: NodeJS.Timeout | undefined;

  constructor(connection: EtcdConnection, leases: EtcdLeases, keys: EtcdKeys) {
    this.#connection = connection;
    this.#leases = leases;
    this.#key = keys.receipts(randomUUID());
  }

  /** The present book; opens one if there is none. */
  open(): Promise<ReceiptBook> {
    this.#book ??= this.#create().catch((error: unknown) => {
      this.#book = undefined;
      throw error;
    });
    return this.#book;
  }

  /** Name of a new transaction. */
  next(): string {
    return String(++this.#count);
  }

  compare(book: ReceiptBook): TxnCompare {
    return { key: this.#key, target: 'create', revision: book.created };
  }

  put(book: ReceiptBook, receipt: string): TxnOperation {
    return { put: { key: this.#key, value: Buffer.from(receipt), lease: book.lease } };
  }

  /** For the failure branch: {@link check} takes what it answers. */
  readonly read: () => TxnOperation = () => ({ range: { key: this.#key } });

  /** `created`: creation revision of the key as it is in etcd now; 0: it is gone. False: the book is not the present one. */
  async check(book: ReceiptBook, created: number): Promise<boolean> {
    if (created === book.created) return true;
    await this.replace(book);
    return false;
  }

  /** Another book than this one, which is of no use any more. */
  async replace(book: ReceiptBook): Promise<void> {
    const present = await this.#book?.catch(() => undefined);
    if (present === book) this.#book = undefined;
  }

  /** Whether the lease of the receipts' key exists. */
  async leaseLives(book: ReceiptBook): Promise<boolean> {
    try {
      await this.#leases.keepAlive(book.lease);
      return true;
    } catch (error) {
      if (isStorageError(error, 'LeaseNotFound')) return false;
      throw error;
    }
  }

  /** etcd's revision of the transaction with this receipt; 0: it was not applied, and never will be. */
  resolve(receipt: string, since: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#questions.push({ receipt, since, resolve, reject });
      if (!this.#answering) void this.#answer();
    });
  }

  /** Writes a receipt of nothing. */
  async touch(): Promise<void> {
    const book = await this.open();
    const put = this.put(book, this.next());
    const message = encodeTxn({ compares: [this.compare(book)], success: [put], failure: [this.read()] });
    try {
      const { succeeded, ranges } = await this.#connection.request(txnMethod, message);
      if (!succeeded) await this.check(book, ranges[0]?.items[0]?.createRevision ?? 0);
    } catch (error) {
      if (isStorageError(error, 'LeaseNotFound')) await this.replace(book);
      throw error;
    }
  }

  async close(): Promise<void> {
    clearInterval(this.#keepAlive);
    if (this.#lease !== 0) await this.#leases.revoke(this.#lease).catch(() => undefined);
  }

  async #answer(): Promise<void> {
    this.#answering = true;
    while (this.#questions.length > 0) {
      const questions = this.#questions;
      this.#questions = [];
      try {
        await this.#request([{ delete: this.#key }]);
        this.#book = undefined;
        const { created } = await this.open();
        const applied = await this.#history(Math.min(...questions.map(({ since }) => since)), created);
        for (const { receipt, resolve } of questions) resolve(applied.get(receipt) ?? 0);
      } catch (error) {
        const failure = new StorageError(
          'StorageFailed',
          `whether the transaction was applied is not known: ${messageOf(error)}`,
          { cause: error },
        );
        for (const { reject } of questions) reject(failure);
      }
    }
    this.#answering = false;
  }

  async #create(): Promise<ReceiptBook> {
    if (this.#lease === 0) await this.#newLease();
    try {
      return await this.#createUnder(this.#lease);
    } catch (error) {
      if (!isStorageError(error, 'LeaseNotFound')) throw error;
      await this.#newLease();
      return this.#createUnder(this.#lease);
    }
  }

  async #createUnder(lease: number): Promise<ReceiptBook> {
    const put = { put: { key: this.#key, value: new Uint8Array(), lease } };
    const { ranges } = await this.#request([put, this.read()]);
    return { created: ranges[1]?.items[0]?.createRevision ?? 0, lease };
  }

  async #newLease(): Promise<void> {
    this.#lease = await this.#leases.grant(leaseSeconds * 1000);
    clearInterval(this.#keepAlive);
    const renew = (): void => void this.#leases.keepAlive(this.#lease).catch(() => undefined);
    this.#keepAlive = setInterval(renew, (leaseSeconds * 1000) / 3).unref();
  }

  #request(success: TxnOperation[]) {
    return this.#connection.request(txnMethod, encodeTxn({ compares: [], success, failure: [] }));
  }

  /** Receipts of the key's changes after `since`, up to its creation at `created`, with etcd's revisions. */
  async #history(since: number, created: number): Promise<Map<string, number>> {
    const deadline = this.#connection.deadline();
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#readHistory(since, created);
      } catch (error) {
        if (!(error instanceof CallFailure)) throw error;
        if (error.outcome === 'refused') throw error.toStorageError();
        await this.#connection.pause(attempt, deadline, error);
      }
    }
  }

  #readHistory(since: number, created: number): Promise<Map<string, number>> {
    const applied = new Map<string, number>();
    return new Promise((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        stream.close();
        settle();
      };
      const timer = setTimeout(() => {
        this.#connection.leave();
        end(() => reject(new CallFailure('unknown', 'etcd does not answer')));
      }, 4000);
      const stream = this.#connection.openStream(watchPath, decodeWatch, {
        onMessage: ({ canceled, cancelReason, events }) => {
          if (canceled)
            return end(() => reject(new CallFailure('refused', cancelReason || 'the history is compacted')));
          for (const { type, item } of events) {
            if (item.modRevision >= created) return end(() => resolve(applied));
            if (type === 'put') applied.set(Buffer.from(item.value).toString(), item.modRevision);
          }
        },
        onEnd: (failure) => end(() => reject(failure)),
      });
      stream.write(encodeWatchCreate({ key: this.#key, startRevision: Math.max(1, since) }));
    });
  }
}
