import type { KubeObject } from '@canopy/apimachinery';
import type { Clock, Random } from '../clock.ts';
import { sleep, systemClock } from '../clock.ts';
import type { ListOptions } from '../dynamic/request-options.ts';
import type { ResourceClient } from '../dynamic/resource-client.ts';
import { ConnectionError } from '../rest/connection-error.ts';
import type { Listing, ReflectorState, Watching } from './reflector-state.ts';
import { initialState, step } from './reflector-state.ts';
import { compareVersions } from './resource-version.ts';

/** Who keeps what a reflector reads. */
export interface ReflectorSink<T> {
  /** A list begins: what it will not have brought by {@link listEnd} is gone. Called again when a list starts over. */
  listStart(): void;
  listed(object: T): void;
  listEnd(): void;
  changed(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void;
}

export interface ReflectorOptions<T extends object> {
  resource: ResourceClient<T>;
  sink: ReflectorSink<T>;
  selection?: Pick<ListOptions, 'labelSelector' | 'fieldSelector' | 'accept'>;
  pageSize?: number;
  /** Told of every failure; the reflector goes on by itself. */
  onError?: (error: unknown) => void;
  clock?: Clock;
  random?: Random;
}

const defaultPageSize = 500;
/** A watch shorter than this that brought nothing counts as a failure. */
const shortWatchMs = 1_000;
/** How much longer than agreed a watch may last before its connection counts as dead. */
const graceMs = 30_000;

/**
 * Keeps a sink in step with a collection: lists it in pages, then watches from the list's version with bookmarks, and
 * resumes from the newest version seen. Each watch is asked to end after 5 to 10 minutes; one that does not is given up.
 * Runs until the signal fires; never rejects.
 */
export async function runReflector<T extends object>(options: ReflectorOptions<T>, signal: AbortSignal): Promise<void> {
  const reflector = new Reflector(options, signal);
  while (!signal.aborted) await reflector.advance();
}

class Reflector<T extends object> {
  readonly #options: ReflectorOptions<T>;
  readonly #signal: AbortSignal;
  readonly #clock: Clock;
  readonly #random: Random;
  #state: ReflectorState = initialState;

  constructor(options: ReflectorOptions<T>, signal: AbortSignal) {
    this.#options = options;
    this.#signal = signal;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
  }

  /** Does what the state asks for. */
  async advance(): Promise<void> {
    const state = this.#state;
    try {
      if (state.phase === 'waiting') {
        await sleep(this.#clock, state.delayMs, this.#signal);
        this.#state = step(state, { type: 'waited' }, this.#random);
      } else if (state.phase === 'listing') await this.#listPage(state);
      else await this.#watch(state);
    } catch (error) {
      if (this.#signal.aborted) return;
      this.#options.onError?.(error);
      this.#state = step(this.#state, { type: 'failed', error }, this.#random);
    }
  }

  async #listPage(state: Listing): Promise<void> {
    const { resource, sink, selection, pageSize = defaultPageSize } = this.#options;
    const page = await resource.list({
      ...selection,
      limit: state.paged ? pageSize : undefined,
      continue: state.continueToken,
      signal: this.#signal,
    });
    const { resourceVersion = '', continue: continueToken } = page.metadata;
    if (state.continueToken === undefined) sink.listStart();
    for (const object of page.items) sink.listed(object);
    if (!continueToken) sink.listEnd();
    this.#state = step(state, { type: 'page', resourceVersion, continueToken }, this.#random);
  }

  async #watch(state: Watching): Promise<void> {
    const { resource, selection } = this.#options;
    const timeoutSeconds = Math.round(300 * (1 + this.#random()));
    const started = this.#clock.ticks();
    const dead = new AbortController();
    const timer = this.#clock.schedule(timeoutSeconds * 1000 + graceMs, () =>
      dead.abort(new ConnectionError('timeout', `a watch of ${timeoutSeconds} s did not end`)),
    );
    let progressed = false;
    try {
      const events = resource.watch({
        ...selection,
        resourceVersion: state.resourceVersion,
        allowWatchBookmarks: true,
        timeoutSeconds,
        signal: AbortSignal.any([this.#signal, dead.signal]),
      });
      for await (const event of events) {
        progressed = true;
        if (event.type !== 'BOOKMARK') this.#deliver(event.type, event.object);
        const { resourceVersion } = (event.object as Pick<KubeObject, 'metadata'>).metadata;
        if (resourceVersion) this.#state = step(this.#state, { type: 'progress', resourceVersion }, this.#random);
      }
    } finally {
      timer.cancel();
    }
    const lasted = progressed || this.#clock.ticks() - started >= shortWatchMs;
    this.#state = step(this.#state, { type: 'ended', lasted }, this.#random);
  }

  /** Drops what a server repeats. A deletion always goes on, for some servers give it an older version; the sink compares. */
  #deliver(type: 'ADDED' | 'MODIFIED' | 'DELETED', object: T): void {
    const state = this.#state as Watching;
    const { resourceVersion = '' } = (object as unknown as Pick<KubeObject, 'metadata'>).metadata;
    const repeated = type !== 'DELETED' && (compareVersions(resourceVersion, state.resourceVersion) ?? 1) <= 0;
    if (!repeated) this.#options.sink.changed(type, object);
  }
}
