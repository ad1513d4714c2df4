/** One HTTP exchange with an API server, whatever carries it: TLS sockets, or a call into the same process. */
export interface TransportRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Absolute path with its query, e.g. `/clusters/root/api/v1/namespaces?limit=500`. */
  path: string;
  /** Lower-case names. */
  headers?: Readonly<Record<string, string>>;
  body?: Uint8Array | string;
  signal?: AbortSignal;
}

export interface TransportResponse {
  status: number;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  /** The body in pieces as they arrive; for watches it ends when the server or the signal ends it. */
  body: AsyncIterable<Uint8Array>;
}

/** Rejects only when no response arrived (connection refused, aborted); an HTTP error status is a response. */
export interface Transport {
  request(request: TransportRequest): Promise<TransportResponse>;
  /** Release idle connections. Requests after it fail. */
  close(): Promise<void>;
}
