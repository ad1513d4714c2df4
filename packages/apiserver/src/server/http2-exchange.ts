import type { TLSSocket } from 'node:tls';
import { type ApiResponse, isOfPieces, type ResponseBody } from '../endpoints/api-response.ts';
import { HttpRequest } from './http-request.ts';
import { errorCode } from './http2/connection-error.ts';
import type { ServerStream } from './http2/server-stream.ts';
import { bodyOf, closedSink, countUnread, type Serving } from './serving.ts';

const noBody = new Uint8Array(0);
/** What is done then finds all of what was read together with the headers. Not `queueMicrotask`, which Node makes dearer. */
const afterRead = Promise.resolve();

/** One request and its answer over HTTP/2. A body that has come together with its headers is there when work begins. */
export function serveHttp2(serving: Serving, stream: ServerStream, socket: TLSSocket): void {
  if (stream.bodyEnded) serve(serving, stream, socket);
  else void afterRead.then(() => serve(serving, stream, socket));
}

function serve(serving: Serving, stream: ServerStream, socket: TLSSocket): void {
  const { headers } = stream;
  const method = headers[':method'] as string;
  const request = new HttpRequest({
    method,
    url: headers[':path'] as string,
    headers,
    socket,
    carrier: stream,
    isAnswered: () => stream.isEnding,
    running: serving.running,
    readBody: () =>
      method === 'GET' || method === 'HEAD' ? noBody : bodyOf(serving, stream, headers['content-length'], request),
  });
  void serving
    .handle(request)
    .then((response) => {
      if (stream.destroyed) {
        if (response.kind === 'stream') response.start(closedSink);
        return;
      }
      respond(serving, stream, response, method === 'HEAD');
    })
    .catch(() => stream.reset(errorCode.internal));
}

/** `headOnly`: as to GET, but the body is left out and a stream ends before it begins. Source: RFC 9110, 9.3.2. */
function respond(serving: Serving, stream: ServerStream, response: ApiResponse, headOnly: boolean): void {
  const { status, headers } = response;
  if (response.kind === 'complete') {
    if (response.body === undefined) {
      stream.respond(status, headers, undefined);
      return;
    }
    const pieces = piecesOf(response.body);
    headers['content-length'] = String(pieces.reduce((sum, piece) => sum + piece.length, 0));
    stream.respond(status, headers, headOnly ? undefined : pieces);
    // What is left of it waits for the peer.
    if (stream.outgoingBytes > 0)
      countUnread(serving, stream, stream.outgoingBytes, () => stream.reset(errorCode.enhanceYourCalm));
    return;
  }
  if (headOnly) {
    stream.respond(status, headers, undefined);
    response.start(closedSink);
    return;
  }
  stream.begin(status, headers);
  response.start({
    write: (chunk) => stream.write(bytesOf(chunk)),
    end: () => stream.end(),
    bufferedBytes: () => stream.outgoingBytes,
    onClose: (listener) => {
      if (stream.destroyed) listener();
      else stream.once('close', listener);
    },
    abort: () => stream.reset(errorCode.cancel),
  });
}

function piecesOf(body: ResponseBody): Buffer[] {
  return isOfPieces(body) ? body.map(bytesOf) : [bytesOf(body)];
}

function bytesOf(chunk: Uint8Array | string): Buffer {
  if (typeof chunk === 'string') return Buffer.from(chunk);
  return Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}
