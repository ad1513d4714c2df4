import { badRequest, internalError, isStatusError, type StatusError } from '@canopy/apimachinery';
import { type WatchedEvent, type WatchHandle, type WatchSink, watchObjects } from '../../registry/watch.ts';
import type { ApiResponse, ResponseSink } from '../api-response.ts';
import { booleanOption, integerOption, selectorsOf } from '../query-options.ts';
import { type EventRenderer, eventRenderer } from '../rendering.ts';
import { collectionOf, type ResourceCall } from '../resource-call.ts';
import { restrictionOf } from './list.ts';

/** Streams events until the timeout, the client's end, the server's stop, or an error event. */
export async function handleWatch(call: ResourceCall): Promise<ApiResponse> {
  const { query, info } = call.context;
  const sendInitialEvents = query.has('sendInitialEvents') && booleanOption(query, 'sendInitialEvents');
  if (sendInitialEvents && query.get('resourceVersionMatch') !== 'NotOlderThan') {
    throw badRequest('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  }
  const bookmarks = booleanOption(query, 'allowWatchBookmarks');
  const timeoutMs = watchTimeout(call);
  const selectors = selectorsOf(query);
  const renderer = await eventRenderer(call);
  const session = new WatchSession(call, renderer, { bookmarks, sendInitialEvents });
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
    start: (sink) => session.start(sink, timeoutMs),
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

/** What a timer can count to; one that is asked for more would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

function watchTimeout(call: ResourceCall): number {
  const asked = integerOption(call.context.query, 'timeoutSeconds');
  if (asked !== undefined && asked > 0) return Math.min(asked * 1000, longestTimerMs);
  const { min, max } = call.services.watchTimeoutMs;
  return min + Math.random() * (max - min);
}

/** Events may arrive before the headers are sent; they wait in `early`. */
class WatchSession implements WatchSink {
  private readonly call: ResourceCall;
  private readonly renderer: EventRenderer;
  private readonly options: { bookmarks: boolean; sendInitialEvents: boolean };
  private handle: WatchHandle | undefined;
  private sink: ResponseSink | undefined;
  private early: (Uint8Array | string)[] = [];
  private timers: NodeJS.Timeout[] = [];
  private ended = false;

  constructor(
    call: ResourceCall,
    renderer: EventRenderer,
    options: { bookmarks: boolean; sendInitialEvents: boolean },
  ) {
    this.call = call;
    this.renderer = renderer;
    this.options = options;
  }

  attach(handle: WatchHandle): void {
    this.handle = handle;
    if (this.ended) handle.close();
  }

  start(sink: ResponseSink, timeoutMs: number): void {
    this.sink = sink;
    sink.onClose(() => this.stop());
    for (const chunk of this.early) sink.write(chunk);
    this.early = [];
    if (this.ended) {
      sink.end();
      return;
    }
    this.timers.push(setTimeout(() => this.finish(), timeoutMs));
    if (this.options.bookmarks) {
      const timer = setInterval(() => this.bookmark(false), this.call.services.bookmarkIntervalMs);
      timer.unref();
      this.timers.push(timer);
    }
    this.call.context.signal.addEventListener('abort', () => this.finish(), { once: true });
  }

  onEvents(events: readonly WatchedEvent[], shared: object | undefined): void {
    this.write(this.renderer.render(events, shared));
  }

  onSynced(revision: number): void {
    if (this.options.sendInitialEvents && this.options.bookmarks) this.write(this.renderer.bookmark(revision, true));
  }

  onEnd(error: Error): void {
    if (this.ended) return;
    const status: StatusError = isStatusError(error) ? error : internalError(error.message, error);
    this.write(this.renderer.error(status));
    this.finish();
  }

  private bookmark(initial: boolean): void {
    if (this.handle !== undefined) this.write(this.renderer.bookmark(this.handle.revision(), initial));
  }

  private write(chunk: Uint8Array | string): void {
    if (this.ended) return;
    if (this.sink === undefined) {
      this.early.push(chunk);
      return;
    }
    this.sink.write(chunk);
    if (this.sink.bufferedBytes() > this.call.services.maxWatchBufferBytes) {
      const { sink } = this;
      this.stop();
      sink.abort();
    }
  }

  private finish(): void {
    if (this.ended) return;
    if (this.options.bookmarks && this.sink !== undefined) this.bookmark(false);
    this.stop();
    this.sink?.end();
  }

  private stop(): void {
    this.ended = true;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers = [];
    this.handle?.close();
  }
}
