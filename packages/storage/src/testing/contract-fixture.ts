import { expect } from 'vitest';
import type {
  Change,
  IndexEntry,
  LeaseId,
  Revision,
  Storage,
  StorageKey,
  Subscription,
  TransactionResult,
} from '../storage.ts';
import { isStorageError, type StorageErrorCode } from '../storage-error.ts';

/** A fresh, empty store, and how time passes for it. */
export interface StorageHarness {
  storage: Storage;
  /** Time to live of the leases in tests. Default 10; less where time cannot be advanced but has to pass. */
  leaseSeconds?: number;
  /** Lets so much time pass that leases of `ms` milliseconds have expired. */
  advance(ms: number): Promise<void>;
  /** Called after the test, whether or not the test closed the store. */
  dispose(): Promise<void>;
}

export type OpenStorage = () => Promise<StorageHarness>;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function bytes(text: string): Uint8Array {
  return encoder.encode(text);
}

export function text(value: Uint8Array | undefined): string | undefined {
  return value === undefined ? undefined : decoder.decode(value);
}

export function key(name: string): StorageKey {
  return name as StorageKey;
}

export async function put(
  storage: Storage,
  name: string,
  value: string,
  more: { indexes?: IndexEntry[]; lease?: LeaseId } = {},
): Promise<Revision> {
  const result = await storage.transact({
    compares: [],
    operations: [{ type: 'put', key: key(name), value: bytes(value), ...more }],
  });
  return applied(result).revisions[0] as Revision;
}

export async function remove(storage: Storage, name: string): Promise<Revision | 0> {
  const result = await storage.transact({ compares: [], operations: [{ type: 'delete', key: key(name) }] });
  return applied(result).revisions[0] as Revision | 0;
}

export function applied(result: TransactionResult): TransactionResult & { succeeded: true } {
  if (!result.succeeded) throw new Error(`the compare of ${result.failed.key} failed`);
  return result;
}

/** `key=value` of each item. */
export function entries(result: { items: readonly { key: string; value: Uint8Array }[] }): string[] {
  return result.items.map((item) => `${item.key}=${text(item.value)}`);
}

export async function expectStorageError(promise: Promise<unknown>, code: StorageErrorCode): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(isStorageError(error) ? error.code : error).toBe(code);
}

/** Follows a store and remembers what came. */
export class Recorder {
  readonly changes: Change[] = [];
  readonly batches: number[] = [];
  error: Error | undefined;
  #subscription: Subscription | undefined;
  #wanted: { revision: number; resolve: () => void }[] = [];

  static async follow(storage: Storage, after: number): Promise<Recorder> {
    const recorder = new Recorder();
    recorder.#subscription = await storage.follow(after as Revision, {
      onChanges: (changes) => recorder.#add(changes),
      onError: (error) => {
        recorder.error = error;
        recorder.#wake();
      },
    });
    return recorder;
  }

  /** `put key=value` or `delete key`, each with its revision. */
  get lines(): string[] {
    return this.changes.map(
      (change) =>
        `${change.revision} ${change.type} ${change.key}${change.value === undefined ? '' : `=${text(change.value)}`}`,
    );
  }

  /** Resolves when a change with this revision or a later one, or an error, has come. */
  async reached(revision: number): Promise<void> {
    if (this.error !== undefined || (this.changes.at(-1)?.revision ?? 0) >= revision) return;
    await new Promise<void>((resolve) => this.#wanted.push({ revision, resolve }));
  }

  close(): void {
    this.#subscription?.close();
  }

  #add(changes: readonly Change[]): void {
    this.changes.push(...changes);
    this.batches.push(changes.length);
    this.#wake();
  }

  #wake(): void {
    const newest = this.error === undefined ? (this.changes.at(-1)?.revision ?? 0) : Number.POSITIVE_INFINITY;
    const reached = this.#wanted.filter(({ revision }) => revision <= newest);
    this.#wanted = this.#wanted.filter(({ revision }) => revision > newest);
    for (const { resolve } of reached) resolve();
  }
}
