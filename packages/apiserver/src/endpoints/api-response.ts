/** Where the bytes of a streamed answer go: an HTTP/2 stream, an HTTP/1.1 response, or an in-process reader. */
export interface ResponseSink {
  /** False when the sink's buffer is over its high-water mark. */
  write(chunk: Uint8Array | string): boolean;
  end(): void;
  /** Bytes accepted but not yet handed to the peer. */
  bufferedBytes(): number;
  /** Called once when the peer is gone or the sink was ended. */
  onClose(listener: () => void): void;
  /** Ends the exchange abruptly (a reader that does not read). */
  abort(): void;
}

/** Pieces are sent one after the other. None is changed: several answers may share one. */
export type ResponseBody = Uint8Array | string | readonly Uint8Array[];

export interface CompleteResponse {
  kind: 'complete';
  status: number;
  headers: Record<string, string>;
  body: ResponseBody | undefined;
}

export interface StreamResponse {
  kind: 'stream';
  status: number;
  headers: Record<string, string>;
  /** Called once, after the headers are sent. */
  start(sink: ResponseSink): void;
}

export type ApiResponse = CompleteResponse | StreamResponse;

export function jsonResponse(
  status: number,
  body: ResponseBody,
  headers: Record<string, string> = {},
): CompleteResponse {
  return { kind: 'complete', status, headers: { 'content-type': 'application/json', ...headers }, body };
}

export function textResponse(status: number, body: string): CompleteResponse {
  return { kind: 'complete', status, headers: { 'content-type': 'text/plain; charset=utf-8' }, body };
}

/** A body of pieces as one. */
export function wholeBody(body: ResponseBody): Uint8Array | string {
  return isOfPieces(body) ? Buffer.concat(body) : body;
}

/** Bytes; of a text, as many as it has at least. */
export function leastBytes(body: ResponseBody): number {
  return isOfPieces(body) ? body.reduce((sum, piece) => sum + piece.byteLength, 0) : body.length;
}

export function isOfPieces(body: ResponseBody): body is readonly Uint8Array[] {
  return Array.isArray(body);
}
