import { badRequest, internalError, isStatusError, type StatusError, timeout } from '@canopy/apimachinery';
import { type ApiResponse, leastBytes } from '../endpoints/api-response.ts';
import type { AuthorizedContext, IncomingRequest, UserContext } from '../endpoints/request-context.ts';
import { toStatusError } from '../registry/storage-errors.ts';
import type { ApiServerOptions } from './api-server.ts';
import type { Expiring, RequestDeadlines } from './request-deadlines.ts';
import { closedSink } from './serving.ts';
import { statusResponse, warningHeader } from './status-response.ts';

/**
 * One request and its answer. The answer goes out when the work is done or when the time is over, whichever is first. What
 * the request holds (its seat, its body) is given back when the work has ended: a write that is with the store goes on,
 * and may succeed, after its client was told that it took too long.
 */
export class Exchange implements Expiring {
  endsAt = 0;
  before: Expiring | undefined;
  after: Expiring | undefined;
  private readonly options: ApiServerOptions;
  private readonly deadlines: RequestDeadlines;
  private readonly request: IncomingRequest;
  private readonly answer: (response: ApiResponse) => void;
  private readonly started: number;
  private context: AuthorizedContext | undefined;
  private known: Partial<UserContext> = {};
  private isAnswered = false;

  constructor(
    options: ApiServerOptions,
    deadlines: RequestDeadlines,
    request: IncomingRequest,
    answer: (response: ApiResponse) => void,
  ) {
    this.options = options;
    this.deadlines = deadlines;
    this.request = request;
    this.answer = answer;
    this.started = options.clock.now();
  }

  /** Never rejects: what goes wrong becomes a Status. */
  async run(): Promise<void> {
    let error: StatusError | undefined;
    let response: ApiResponse;
    try {
      this.endsAt = this.deadlines.endOf(this.request.query, this.started);
      this.request.endsAt = this.endsAt;
      this.deadlines.add(this);
      this.context = await this.options.chain.run(this.request, this.reached);
      response = await this.options.dispatch(this.context);
      if (response.kind === 'stream') this.context.onAnswer?.();
    } catch (thrown) {
      error = isStatusError(thrown) ? thrown : unexpected(thrown);
      response = statusResponse(error);
    }
    this.deadlines.remove(this);
    if (this.isAnswered) this.abandon(response);
    else this.complete(response, error);
  }

  /** Tells the client that it takes too long; a watch may take what it likes. */
  expire(): void {
    if (this.isAnswered || this.known.info?.verb === 'watch') return;
    this.isAnswered = true;
    const error = timeout('Timeout: request did not complete within the allotted timeout');
    const response = this.decorated(statusResponse(error));
    this.report(response, error);
    this.answer(response);
    this.request.giveUp?.(error);
  }

  private readonly reached = (context: Partial<UserContext>): void => {
    this.known = context;
  };

  private complete(response: ApiResponse, error: StatusError | undefined): void {
    this.isAnswered = true;
    this.decorated(response);
    if (response.kind === 'complete') {
      this.release(response.body === undefined ? 0 : leastBytes(response.body));
      this.report(response, error);
      this.answer(response);
      return;
    }
    this.answer({
      ...response,
      start: (sink) => {
        sink.onClose(() => {
          this.release(0);
          this.report(response, error);
        });
        response.start(sink);
      },
    });
  }

  /** Nobody waits for this answer any more. */
  private abandon(response: ApiResponse): void {
    if (response.kind === 'stream') response.start(closedSink);
    this.release(0);
  }

  private decorated(response: ApiResponse): ApiResponse {
    const { headers } = response;
    headers['cache-control'] ??= 'no-cache, private';
    headers['audit-id'] = this.request.auditId;
    if (this.request.warnings.length > 0) headers.warning = warningHeader(this.request.warnings);
    return response;
  }

  private release(bytes: number): void {
    for (const done of this.request.onFinish.splice(0)) done(bytes);
  }

  private report(response: ApiResponse, error: StatusError | undefined): void {
    const { request, context, known, options, started } = this;
    options.finished({
      request,
      context,
      known,
      status: response.status,
      durationMs: options.clock.now() - started,
      error,
      responseBody: response.kind === 'complete' ? response.body : undefined,
    });
  }
}

function unexpected(thrown: unknown): StatusError {
  if (isStackOverflow(thrown)) return badRequest('the request body is nested too deeply');
  const status = toStatusError(thrown);
  return isStatusError(status) ? status : internalError(String(thrown), thrown);
}

/** All that walks a document recurses; only a document that a client sent nested without end gets that far. */
function isStackOverflow(thrown: unknown): boolean {
  return thrown instanceof RangeError && thrown.message === 'Maximum call stack size exceeded';
}
