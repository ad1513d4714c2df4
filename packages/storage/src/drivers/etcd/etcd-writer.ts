import { setTimeout as sleep } from 'node:timers/promises';
import type { Compare, KeyValue, Revision, StorageKey, Transaction, TransactionResult } from '../../storage.ts';
import { StorageError } from '../../storage-error.ts';
import type { EtcdLayout } from './etcd-settings.ts';
import type { KnownObjects } from './known-objects.ts';
import type { ReceiptBook, Receipts } from './receipts.ts';
import { CallFailure } from './rpc/call-failure.ts';
import type { EtcdConnection } from './rpc/etcd-connection.ts';
import { txnMethod } from './rpc/etcd-methods.ts';
import { encodeTxn, type TxnOperation } from './rpc/etcd-requests.ts';
import type { RangeResponse, TxnResponse } from './rpc/etcd-responses.ts';
import { absent, decodeObject, type ObjectState, toKeyValue } from './stored-object.ts';
import { planTransaction, type TransactionPlan, touchedKeys } from './transaction-plan.ts';

/** An object as it was found in etcd. */
interface Found {
  state: ObjectState;
  current: KeyValue | undefined;
}

type Sent = { applied: true; revision: number } | { applied: false; found: Map<StorageKey, Found> };

/** How often a transaction starts again because others changed its objects, before it gives up. */
const mostRepetitions = 200;

/**
 * Applies transactions. Index rows lie beside their object and have to be replaced with it, so a transaction assumes a
 * state of every object that it touches: the one last seen, else none. etcd compares, and answers what it has instead
 * when the assumption was wrong: then either a compare of the transaction does not hold, which is the result, or the
 * transaction is planned again. A creation, and an update of what was just read, so take one request.
 */
export class EtcdWriter {
  readonly #connection: EtcdConnection;
  readonly #layout: EtcdLayout;
  readonly #known: KnownObjects;
  readonly #receipts: Receipts;
  /** Newest revision of etcd in any answer. */
  #seen = 1;

  constructor(connection: EtcdConnection, layout: EtcdLayout, known: KnownObjects, receipts: Receipts) {
    this.#connection = connection;
    this.#layout = layout;
    this.#known = known;
    this.#receipts = receipts;
  }

  async transact(transaction: Transaction): Promise<TransactionResult> {
    const deadline = this.#connection.deadline();
    const touched = touchedKeys(transaction);
    let assumed = this.#assume(transaction, touched);
    for (let repetition = 0; ; repetition++) {
      if (assumed === undefined) {
        const found = await this.#read(touched, deadline);
        const refused = firstFailing(transaction.compares, found);
        if (refused !== undefined) return refused;
        assumed = states(found);
      }
      const plan = planTransaction(transaction, assumed, this.#layout);
      const sent = await this.#apply(plan, touched, transaction, deadline);
      if (sent.applied) {
        for (const [key, state] of plan.statesAt(sent.revision)) this.#known.set(key, state);
        const revisions = plan.revisionsAt(sent.revision);
        return { succeeded: true, revisions, revision: this.#layout.scale.toRevision(sent.revision, 0) };
      }
      const refused = firstFailing(transaction.compares, sent.found);
      if (refused !== undefined) return refused;
      if (repetition === mostRepetitions) throw new StorageError('Overloaded', 'too many writers of the same objects');
      assumed = states(sent.found);
      if (repetition > 1) await sleep(Math.random() * Math.min(100, repetition * 5));
    }
  }

  /** Undefined when what is known does not agree with a compare: then only etcd can tell. */
  #assume(transaction: Transaction, touched: StorageKey[]): Map<StorageKey, ObjectState> | undefined {
    const assumed = new Map(touched.map((key) => [key, this.#known.get(key) ?? absent]));
    for (const { key, modRevision } of transaction.compares) {
      const known = this.#known.get(key);
      if (modRevision === 0) assumed.set(key, absent);
      else if (known === undefined || this.#layout.scale.toRevision(known.modified, known.following) !== modRevision)
        return undefined;
    }
    // The same key may be compared twice, with different revisions.
    for (const { key, modRevision } of transaction.compares)
      if ((assumed.get(key)?.modified ?? 0) !== (modRevision && this.#layout.scale.snapshotOf(modRevision)))
        return undefined;
    return assumed;
  }

  async #read(touched: StorageKey[], deadline: number): Promise<Map<StorageKey, Found>> {
    const message = encodeTxn({ compares: [], success: this.#ranges(touched), failure: [] });
    const answer = await this.#connection.request(txnMethod, message, deadline);
    return this.#found(touched, answer);
  }

  #ranges(touched: StorageKey[]): TxnOperation[] {
    return touched.map((key) => ({ range: { key: this.#layout.keys.object(key) } }));
  }

  #found(touched: StorageKey[], answer: TxnResponse): Map<StorageKey, Found> {
    this.#seen = Math.max(this.#seen, answer.revision);
    return new Map(touched.map((key, i) => [key, this.#foundAt(key, answer.ranges[i])]));
  }

  #foundAt(key: StorageKey, range: RangeResponse | undefined): Found {
    const item = range?.items[0];
    if (item === undefined) {
      this.#known.set(key, absent);
      return { state: absent, current: undefined };
    }
    const { state, value } = decodeObject(key, item);
    this.#known.set(key, state);
    return { state, current: toKeyValue(this.#layout.scale, key, state, value) };
  }

  async #apply(
    plan: TransactionPlan,
    touched: StorageKey[],
    transaction: Transaction,
    deadline: number,
  ): Promise<Sent> {
    if (plan.operations.length > 0) return this.#change(plan, touched, transaction, deadline);
    const message = encodeTxn({ compares: plan.compares, success: [], failure: this.#ranges(touched) });
    const answer = await this.#connection.request(txnMethod, message, deadline);
    if (answer.succeeded) return { applied: true, revision: answer.revision };
    return { applied: false, found: this.#found(touched, answer) };
  }

  /** Applied once or not at all, whatever becomes of connections and members. */
  async #change(
    plan: TransactionPlan,
    touched: StorageKey[],
    transaction: Transaction,
    deadline: number,
  ): Promise<Sent> {
    const failure = [...this.#ranges(touched), this.#receipts.read()];
    for (let attempt = 0; ; ) {
      const book = await this.#receipts.open();
      const receipt = this.#receipts.next();
      const message = encodeTxn({
        compares: [...plan.compares, this.#receipts.compare(book)],
        success: [...plan.operations, this.#receipts.put(book, receipt)],
        failure,
      });
      const since = this.#seen;
      try {
        const answer = await this.#connection.attempt(txnMethod, message, deadline);
        this.#seen = Math.max(this.#seen, answer.revision);
        if (answer.succeeded) return { applied: true, revision: answer.revision };
        const found = this.#found(touched, answer);
        const presentBook = await this.#receipts.check(book, createdAt(answer.ranges[touched.length]));
        if (presentBook || !asPlanned(plan, touched, found)) return { applied: false, found };
      } catch (error) {
        if (!(error instanceof CallFailure)) throw error;
        if (error.outcome === 'unknown') {
          const revision = await this.#receipts.resolve(receipt, since);
          if (revision > 0) return { applied: true, revision };
        }
        if (error.outcome === 'refused') await this.#refused(error, book, transaction);
        else await this.#connection.pause(attempt++, deadline, error);
      }
    }
  }

  /** Returns when it was the book that etcd refused, and the transaction may be tried again. */
  async #refused(failure: CallFailure, book: ReceiptBook, { operations }: Transaction): Promise<void> {
    if (failure.code !== 'LeaseNotFound') throw failure.toStorageError();
    const ownLease = operations.some((operation) => operation.type === 'put' && operation.lease !== undefined);
    if (ownLease && (await this.#receipts.leaseLives(book))) throw failure.toStorageError();
    await this.#receipts.replace(book);
  }
}

function createdAt(range: RangeResponse | undefined): number {
  return range?.items[0]?.createRevision ?? 0;
}

/** Whether it was only for the book that the transaction was not applied. */
function asPlanned(plan: TransactionPlan, touched: StorageKey[], found: Map<StorageKey, Found>): boolean {
  return touched.every((key, i) => found.get(key)?.state.modified === plan.compares[i]?.revision);
}

function states(found: Map<StorageKey, Found>): Map<StorageKey, ObjectState> {
  return new Map([...found].map(([key, { state }]) => [key, state]));
}

function firstFailing(
  compares: readonly Compare[],
  found: Map<StorageKey, Found>,
): (TransactionResult & { succeeded: false }) | undefined {
  for (const compare of compares) {
    const current = found.get(compare.key)?.current;
    const revision: Revision | 0 = current?.modRevision ?? 0;
    if (revision !== compare.modRevision) return { succeeded: false, failed: compare, current };
  }
  return undefined;
}
