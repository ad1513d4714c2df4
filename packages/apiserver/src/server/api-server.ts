import { badRequest, internalError, isStatusError, type StatusError } from '@canopy/apimachinery';
import type { ApiResponse } from '../endpoints/api-response.ts';
import type { AuthorizedContext, IncomingRequest, UserContext } from '../endpoints/request-context.ts';
import { toStatusError } from '../registry/storage-errors.ts';

/** What is told about a finished request: metrics, audit and logs hang on it. */
export interface FinishedRequest {
  request: IncomingRequest;
  /** Undefined when the request was refused before it was authorised. */
  context: AuthorizedContext | undefined;
  /** What was found out before it was refused, or all of it: who asked, for what, where. */
  known: Partial<UserContext>;
  status: number;
  /** Milliseconds from arrival to the last byte handed over. */
  durationMs: number;
  error: StatusError | undefined;
  /** Of complete answers. */
  responseBody: Uint8Array | string | undefined;
}

export interface ApiServerOptions {
  chain: {
    run(request: IncomingRequest, reached: (context: Partial<UserContext>) => void): Promise<AuthorizedContext>;
  };
  dispatch(context: AuthorizedContext): Promise<ApiResponse>;
  finished(request: FinishedRequest): void;
  /** Milliseconds, monotonic. */
  clock(): number;
}

/** The whole way of a request, whatever carries it. Never rejects: what goes wrong becomes a Status. */
export class ApiServer {
  private readonly options: ApiServerOptions;

  constructor(options: ApiServerOptions) {
    this.options = options;
  }

  async handle(request: IncomingRequest): Promise<ApiResponse> {
    const started = this.options.clock();
    let context: AuthorizedContext | undefined;
    let known: Partial<UserContext> = {};
    let error: StatusError | undefined;
    let response: ApiResponse;
    try {
      context = await this.options.chain.run(request, (reached) => {
        known = reached;
      });
      response = await this.options.dispatch(context);
      if (response.kind === 'stream') context.onAnswer?.();
    } catch (thrown) {
      error = isStatusError(thrown) ? thrown : unexpected(thrown);
      response = statusResponse(error);
    }
    response.headers['cache-control'] ??= 'no-cache, private';
    response.headers['audit-id'] = request.auditId;
    if (request.warnings.length > 0) response.headers.warning = warningHeader(request.warnings);
    const finish = (): void => {
      const responseBody = response.kind === 'complete' ? response.body : undefined;
      for (const done of request.onFinish.splice(0)) done(responseBody?.length ?? 0);
      const durationMs = this.options.clock() - started;
      this.options.finished({ request, context, known, status: response.status, durationMs, error, responseBody });
    };
    if (response.kind === 'complete') finish();
    else response = finishingStream(response, finish);
    return response;
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

function finishingStream(response: Extract<ApiResponse, { kind: 'stream' }>, finish: () => void): ApiResponse {
  return {
    ...response,
    start(sink) {
      sink.onClose(finish);
      response.start(sink);
    },
  };
}

export function statusResponse(error: StatusError): ApiResponse {
  const retryAfter = error.details?.retryAfterSeconds;
  return {
    kind: 'complete',
    status: error.code,
    headers: {
      'content-type': 'application/json',
      'cache-control': 'no-cache, private',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
      ...(error.code === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    },
    body: JSON.stringify(error.toStatus()),
  };
}

const maxWarningBytes = 4096;

/** RFC 7234 warn-values with code 299, as Kubernetes sends them; one header, values joined by commas. */
export function warningHeader(texts: readonly string[]): string {
  const values: string[] = [];
  let size = 0;
  for (const text of texts) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: header values must not carry control characters
    const quoted = text.replace(/[\u0000-\u001f\u007f-\uffff]/g, '?').replace(/["\\]/g, '\\$&');
    const value = `299 - "${quoted}"`;
    size += value.length;
    if (size > maxWarningBytes) break;
    values.push(value);
  }
  return values.join(', ');
}
