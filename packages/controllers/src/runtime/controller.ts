import type { Change } from '@canopy/storage';

/** Asks for a key to be reconciled, at once or after a delay in milliseconds. Asking twice is asking once. */
export type AddKey = (key: string, delayMs?: number) => void;

/** Takes keys while there is room for them; resolves when the next may come. */
export type KeySink = (key: string) => Promise<void>;

/**
 * One controller: what it hears of, how a change becomes keys of work, and what is done about a key. `reconcile` is
 * level-triggered: it looks at the store, never at the change, so it may be called at any time, any number of times.
 */
export interface Controller {
  readonly name: string;
  /**
   * What it hears of: `<group or core>/<resource>` for objects, whatever their identity, `*` for all objects, or a key
   * prefix such as `/w/gc/`.
   */
  readonly watches: readonly string[];
  /** Must not throw or block. May look at the change's values; looking at `previous` may cost a read. */
  keysOf(change: Change, add: AddKey): void;
  /** Work that the store's indexes can name: listed at each start, so its cost is that of the work which is left. */
  pending?(sink: KeySink): Promise<void>;
  /** All keys there may be, page by page: when the log does not reach back to the last run, or there was none. */
  scan?(sink: KeySink): Promise<void>;
  /** Milliseconds after which the key wants to be looked at again; undefined when it is done. Rejections are retried. */
  reconcile(key: string, add: AddKey): Promise<number | undefined>;
  /** Keys handled at the same time. Default 8. */
  readonly concurrency?: number;
}

/** Structured log lines. */
export interface ControllerLogger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
