import { internalError, invalid, isStatusError, type StatusError } from '@canopy/apimachinery';
import { type WatchHandle, type WatchSink, watchObjects } from '../../registry/watch.ts';
import type { WatchedEvent } from '../../registry/watching/watch-events.ts';
import type { ApiResponse, ResponseSink } from '../api-response.ts';
import { booleanOption, integerOption, selectorsOf } from '../query-options.ts';
import { type EventRenderer, eventRenderer } from '../rendering.ts';
import { collectionOf, type EndpointServices, type ResourceCall } from '../resource-call.ts';
import { restrictionOf } from './list.ts';
import { type Timed, WatchTimers } from './watch-timers.ts';

/** Streams events until the timeout, the client's end, the server's stop, or an error event. */
export async function handleWatch(call: ResourceCall): Promise<ApiResponse> {
  const { query, info } = call.context;
  const sendInitialEvents = initialEventsOption(query);
  const bookmarks = booleanOption(query, 'allowWatchBookmarks');
  const timeoutMs = watchTimeout(call);
  const selectors = selectorsOf(query);
  const renderer = await eventRenderer(call);
  const session = new WatchSession(renderer, {
    bookmarks,
    sendInitialEvents: sendInitialEvents === true,
    timeoutMs,
    services: call.services,
    signal: call.context.signal,
  });
  const handle = await watchObjects(
    call.services.registry,
    collectionOf(info.name === '' ? call : withoutName(call)),
    {
      ...selectors,
      ...restrictionOf(call),
      ...(info.name === '' ? {} : { fields: nameSelector(info.name, selectors.fields) }),
      resourceVersion: query.get('resourceVersion') ?? '',
      sendInitialEvents,
    },
    session,
  );
  session.attach(handle);
  return {
    kind: 'stream',
    status: 200,
    headers: { 'content-type': renderer.contentType, 'cache-control': 'no-cache, private' },
    start: (sink) => session.start(sink),
  };
}

function withoutName(call: ResourceCall): ResourceCall {
  const { context } = call;
  return { ...call, context: { ...context, signal: context.signal, info: { ...context.info, name: '' } } };
}

function nameSelector(name: string, fields: ReturnType<typeof selectorsOf>['fields']): NonNullable<typeof fields> {
  const requirement = { field: 'metadata.name', operator: '=' as const, value: name };
  const requirements = [requirement, ...(fields?.requirements ?? [])];
  return {
    requirements,
    empty: false,
    matches: (lookup) => requirements.every((r) => (lookup(r.field) === r.value) === (r.operator === '=')),
    requiresExactMatch: (field) => requirements.find((r) => r.field === field && r.operator === '=')?.value,
    toString: () => requirements.map((r) => `${r.field}${r.operator}${r.value}`).join(','),
  };
}

/** Undefined when not set. 422 unless `resourceVersionMatch` goes with it, and for that without it (KEP-3157). */
function initialEventsOption(query: URLSearchParams): boolean | undefined {
  const wanted = query.has('sendInitialEvents') ? booleanOption(query, 'sendInitialEvents') : undefined;
  const match = query.get('resourceVersionMatch') ?? '';
  const problem =
    wanted !== undefined && match !== 'NotOlderThan'
      ? 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'
      : wanted === undefined && match !== ''
        ? 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'
        : undefined;
  if (problem === undefined) return wanted;
  const cause = { reason: 'FieldValueForbidden', field: 'resourceVersionMatch', message: `Forbidden: ${problem}` };
  throw invalid({ group: 'meta.k8s.io', resource: 'ListOptions' }, '', [cause]);
}

/** What a timer can count to; one that is asked for more would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

function watchTimeout(call: ResourceCall): number {
  const asked = integerOption(call.context.query, 'timeoutSeconds');
  if (asked !== undefined && asked > 0) return Math.min(asked * 1000, longestTimerMs);
  const { min, max } = call.services.watchTimeoutMs;
  // Whole seconds, so that watches share timers.
  return Math.ceil((min + Math.random() * (max - min)) / 1000) * 1000;
}

const timers = new WatchTimers();

/** While a reader has more than this many bytes unread, nothing of what it missed is added. */
const catchUpBufferBytes = 1024 * 1024;
/** Pauses between looks at such a reader, milliseconds. */
const shortestLook = 2;
const longestLook = 100;

interface WatchSessionOptions {
  bookmarks: boolean;
  sendInitialEvents: boolean;
  timeoutMs: number;
  services: Pick<EndpointServices, 'bookmarkIntervalMs' | 'maxWatchBufferBytes'>;
  signal: AbortSignal;
}

/**
 * Events may arrive before the headers are sent; they wait in `early`. What the watcher missed is given at the reader's
 * pace; a reader that leaves too much of what follows unread is cut off.
 */
class WatchSession implements WatchSink, Timed {
  private readonly renderer: EventRenderer;
  private readonly options: WatchSessionOptions;
  private handle: WatchHandle | undefined;
  private sink: ResponseSink | undefined;
  private early: (Uint8Array | string)[] | undefined;
  private earlyBytes = 0;
  private started: (() => void) | undefined;
  private endsAt = 0;
  private timer = 0;
  private ended = false;

  constructor(renderer: EventRenderer, options: WatchSessionOptions) {
    this.renderer = renderer;
    this.options = options;
  }

  attach(handle: WatchHandle): void {
    this.handle = handle;
    if (this.ended) handle.close();
  }

  start(sink: ResponseSink): void {
    this.sink = sink;
    sink.onClose(() => this.stop());
    for (const chunk of this.early ?? []) sink.write(chunk);
    this.early = undefined;
    this.started?.();
    this.started = undefined;
    if (this.ended) {
      sink.end();
      return;
    }
    this.endsAt = performance.now() + this.options.timeoutMs;
    this.setTimer();
    const { signal } = this.options;
    if (signal.aborted) this.finish();
    else signal.addEventListener('abort', this, { once: true });
  }

  /** The signal's abort. */
  handleEvent(): void {
    this.finish();
  }

  due(): void {
    if (this.ended) return;
    if (performance.now() >= this.endsAt) {
      this.finish();
      return;
    }
    if (this.options.bookmarks) this.bookmark();
    if (!this.ended) this.setTimer();
  }

  ready(): Promise<void> | undefined {
    if (this.ended) return undefined;
    const { sink } = this;
    return sink !== undefined && sink.bufferedBytes() <= catchUpBufferBytes ? undefined : this.drained();
  }

  onEvents(events: readonly WatchedEvent[], shared: object | undefined): void {
    if (!this.ended) this.write(this.renderer.render(events, shared));
  }

  onSynced(revision: number): void {
    const { sendInitialEvents, bookmarks } = this.options;
    if (sendInitialEvents && bookmarks) this.write(this.renderer.bookmark(revision, true));
  }

  onEnd(error: Error): void {
    if (this.ended) return;
    const status: StatusError = isStatusError(error) ? error : internalError(error.message, error);
    this.write(this.renderer.error(status));
    this.close();
  }

  /** The headers are sent, and the reader has taken what came before. */
  private async drained(): Promise<void> {
    if (this.sink === undefined) {
      await new Promise<void>((resolve) => {
        this.started = resolve;
      });
    }
    for (let look = shortestLook; !this.ended && this.unread() > catchUpBufferBytes; ) {
      await new Promise((resolve) => setTimeout(resolve, look));
      look = Math.min(2 * look, longestLook);
    }
  }

  private unread(): number {
    return this.sink?.bufferedBytes() ?? 0;
  }

  private setTimer(): void {
    const { bookmarks, services } = this.options;
    const left = Math.max(0, this.endsAt - performance.now());
    this.timer = timers.add(this, bookmarks ? Math.min(left, services.bookmarkIntervalMs) : left);
  }

  private bookmark(): void {
    const revision = this.handle?.revision();
    if (revision !== undefined) this.write(this.renderer.bookmark(revision, false));
  }

  private write(chunk: Uint8Array | string): void {
    if (this.ended) return;
    if (this.sink === undefined) {
      this.early ??= [];
      this.early.push(chunk);
      this.earlyBytes += chunk.length;
      if (this.earlyBytes > this.options.services.maxWatchBufferBytes) this.stop();
      return;
    }
    this.sink.write(chunk);
    if (this.sink.bufferedBytes() > this.options.services.maxWatchBufferBytes) {
      const { sink } = this;
      this.stop();
      sink.abort();
    }
  }

  private finish(): void {
    if (this.ended) return;
    if (this.options.bookmarks && this.sink !== undefined) this.bookmark();
    this.close();
  }

  private close(): void {
    this.stop();
    this.sink?.end();
  }

  private stop(): void {
    if (this.ended) return;
    this.ended = true;
    timers.cancel(this, this.timer);
    this.options.signal.removeEventListener('abort', this);
    this.handle?.close();
  }
}
