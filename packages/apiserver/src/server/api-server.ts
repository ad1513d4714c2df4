import type { StatusError } from '@canopy/apimachinery';
import type { ApiResponse, ResponseBody } from '../endpoints/api-response.ts';
import type { AuthorizedContext, IncomingRequest, UserContext } from '../endpoints/request-context.ts';
import { Exchange } from './exchange.ts';
import { type DeadlineClock, RequestDeadlines } from './request-deadlines.ts';

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
  responseBody: ResponseBody | undefined;
}

export interface ApiServerOptions {
  chain: {
    run(request: IncomingRequest, reached: (context: Partial<UserContext>) => void): Promise<AuthorizedContext>;
  };
  dispatch(context: AuthorizedContext): Promise<ApiResponse>;
  finished(request: FinishedRequest): void;
  /** Time of a request that is no watch, until it is answered with 504; milliseconds. */
  requestTimeoutMs: number;
  clock: DeadlineClock;
}

/** The whole way of a request, whatever carries it. Never rejects: what goes wrong becomes a Status. */
export class ApiServer {
  private readonly options: ApiServerOptions;
  private readonly deadlines: RequestDeadlines;

  constructor(options: ApiServerOptions) {
    this.options = options;
    this.deadlines = new RequestDeadlines({ timeoutMs: options.requestTimeoutMs, clock: options.clock });
  }

  handle(request: IncomingRequest): Promise<ApiResponse> {
    return new Promise((answer) => {
      void new Exchange(this.options, this.deadlines, request, answer).run();
    });
  }
}
