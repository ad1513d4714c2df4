import { randomUUID } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { IncomingRequest } from '../endpoints/request-context.ts';

/** Made once: an abort without a reason makes an error with a stack trace each time. */
const peerGone = new Error('the client is gone');
const stopping = new Error('the server is stopping');
const aborted = new AbortController();
aborted.abort(peerGone);
/** Of all requests without one: nobody changes a query. */
const noQuery = new URLSearchParams();

/** The requests that want to hear when the server stops. */
export class RunningRequests {
  private readonly controllers = new Set<AbortController>();

  add(controller: AbortController): void {
    this.controllers.add(controller);
  }

  delete(controller: AbortController): void {
    this.controllers.delete(controller);
  }

  abortAll(): void {
    for (const controller of this.controllers) controller.abort(stopping);
  }
}

export interface HttpRequestParts {
  method: string;
  /** Path and query, as sent. */
  url: string;
  headers: Readonly<Record<string, string | undefined>>;
  socket: TLSSocket;
  /** What carries the request: it closes when the peer is gone or has its answer. */
  carrier: { once(event: 'close', listener: () => void): unknown; destroyed: boolean; waits?(yes: boolean): void };
  /** Whether all of the answer was handed over: nobody works on it any more. */
  isAnswered(): boolean;
  running: RunningRequests;
  readBody(): Uint8Array | Promise<Uint8Array>;
}

/** A request from the network. What most requests never ask for is made when they do. */
export class HttpRequest implements IncomingRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly socket: TLSSocket;
  readonly auditId = randomUUID();
  readonly warnings: string[] = [];
  readonly onFinish: (() => void)[] = [];
  readonly auditAnnotations: Record<string, string> = {};
  private readonly parts: HttpRequestParts;
  endsAt = 0;
  private ownSignal: AbortSignal | undefined;
  private controller: AbortController | undefined;

  constructor(parts: HttpRequestParts) {
    const { url } = parts;
    const mark = url.indexOf('?');
    this.method = parts.method;
    this.path = mark === -1 ? url : url.slice(0, mark);
    this.query = mark === -1 ? noQuery : new URLSearchParams(url.slice(mark + 1));
    this.headers = parts.headers;
    this.socket = parts.socket;
    this.parts = parts;
  }

  get aborted(): boolean {
    return this.ownSignal?.aborted ?? this.parts.carrier.destroyed;
  }

  get signal(): AbortSignal {
    this.ownSignal ??= this.follow();
    return this.ownSignal;
  }

  giveUp(reason: Error): void {
    if (this.controller !== undefined) this.controller.abort(reason);
    else this.ownSignal ??= AbortSignal.abort(reason);
  }

  body(): Uint8Array | Promise<Uint8Array> {
    return this.parts.readBody();
  }

  waits(yes: boolean): void {
    this.parts.carrier.waits?.(yes);
  }

  private follow(): AbortSignal {
    const { carrier, running, isAnswered } = this.parts;
    if (carrier.destroyed) return aborted.signal;
    const controller = new AbortController();
    this.controller = controller;
    running.add(controller);
    carrier.once('close', () => {
      running.delete(controller);
      if (!isAnswered()) controller.abort(peerGone);
    });
    return controller.signal;
  }
}
