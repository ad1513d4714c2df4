import type { Change, KeyValue, Revision, StorageKey, Transaction, TransactionResult } from '../../storage.ts';
import { StorageError, type StorageErrorCode } from '../../storage-error.ts';
import { type BatchAnswer, response, ScalarReader } from './batch-wire.ts';
import { changeOf, SqliteChange, type ValueSource } from './sqlite-changes.ts';
import type { Batch, PendingRequest } from './write-queue.ts';

export interface DecodedAnswers {
  /** All changes of the batch, in revision order. */
  changes: Change[];
  /** Resolves or rejects every request; call it when the changes have been published. */
  settle(): void;
}

type Outcome = TransactionResult | StorageError | number;

/** Reads the writer's answer to a batch. */
export function decodeAnswers(batch: Batch, answer: BatchAnswer, source: ValueSource): DecodedAnswers {
  const decoder = new AnswerDecoder(answer, source);
  const outcomes = batch.pending.map((pending) => decoder.next(pending.transaction));
  return {
    changes: decoder.changes,
    settle: () => {
      for (let i = 0; i < outcomes.length; i++) settle(batch.pending[i] as PendingRequest, outcomes[i] as Outcome);
    },
  };
}

function settle(pending: PendingRequest, outcome: Outcome): void {
  if (outcome instanceof StorageError) pending.reject(outcome);
  else if (pending.transaction === undefined) pending.resolve(outcome as number);
  else pending.resolve(outcome as TransactionResult);
}

class AnswerDecoder {
  readonly changes: Change[] = [];
  readonly #reader: ScalarReader;
  readonly #values: Uint8Array[];
  readonly #source: ValueSource;
  #revision: number;
  #valueAt = 0;

  constructor(answer: BatchAnswer, source: ValueSource) {
    this.#reader = new ScalarReader(answer.items);
    this.#values = answer.values;
    this.#source = source;
    this.#revision = answer.before;
  }

  next(transaction: Transaction | undefined): Outcome {
    const reader = this.#reader;
    switch (reader.number()) {
      case response.applied:
        return this.#applied(transaction as Transaction, reader.number());
      case response.refused:
        return this.#refused(transaction as Transaction);
      case response.failed:
        return new StorageError(reader.string() as StorageErrorCode, reader.string());
      case response.deleted:
        return this.#deleted();
      default:
        return reader.number();
    }
  }

  #applied({ operations }: Transaction, count: number): TransactionResult {
    const revisions: (Revision | 0)[] = [];
    for (let i = 0; i < count; i++) {
      const revision = this.#reader.number();
      const createRevision = this.#reader.number();
      const previousRevision = this.#reader.number();
      revisions.push(revision as Revision | 0);
      const operation = operations[i];
      if (revision === 0 || operation === undefined) continue;
      this.#revision = revision;
      this.changes.push(changeOf(operation, { revision, createRevision, previousRevision }, this.#source));
    }
    return { succeeded: true, revisions, revision: this.#revision as Revision };
  }

  #refused({ compares }: Transaction): TransactionResult {
    const failed = compares[this.#reader.number()];
    const modRevision = this.#reader.number() as Revision;
    const createRevision = this.#reader.number() as Revision;
    if (failed === undefined) throw new Error('the writer refused a compare that was not asked');
    let current: KeyValue | undefined;
    if (modRevision > 0) {
      current = {
        key: failed.key,
        value: this.#values[this.#valueAt++] ?? new Uint8Array(),
        modRevision,
        createRevision,
      };
    }
    return { succeeded: false, failed, current };
  }

  #deleted(): number {
    const nextExpiry = this.#reader.number();
    const count = this.#reader.number();
    for (let i = 0; i < count; i++) {
      const key = this.#reader.string() as StorageKey;
      const revision = this.#reader.number();
      const createRevision = this.#reader.number();
      const previousRevision = this.#reader.number();
      if (revision === 0) continue;
      this.#revision = revision;
      this.changes.push(new SqliteChange({ key, revision, createRevision, previousRevision }, undefined, this.#source));
    }
    return nextExpiry;
  }
}
