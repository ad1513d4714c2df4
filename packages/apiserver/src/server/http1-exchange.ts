import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { type ApiResponse, wholeBody } from '../endpoints/api-response.ts';
import { HttpRequest } from './http-request.ts';
import { readableBody } from './request-body.ts';
import { bodyOf, closedSink, countUnread, type Serving } from './serving.ts';

/** Smaller ones are not counted: the socket has room for them. Bytes. */
const smallAnswer = 16 * 1024;

/** One request and its answer over HTTP/1.1. */
export function serveHttp1(serving: Serving, message: IncomingMessage, response: ServerResponse): void {
  response.on('error', () => undefined);
  const request = new HttpRequest({
    method: message.method ?? 'GET',
    url: message.url ?? '/',
    headers: message.headers as Record<string, string | undefined>,
    socket: message.socket as TLSSocket,
    carrier: response,
    isAnswered: () => response.writableEnded,
    running: serving.running,
    readBody: () => bodyOf(serving, readableBody(message), message.headers['content-length'], request),
  });
  void serving
    .handle(request)
    .then((answer) => respondHttp1(serving, response, answer, message.method === 'HEAD'))
    .catch(() => response.destroy());
}

/** `headOnly`: as to GET, but the body is left out and a stream ends before it begins. Source: RFC 9110, 9.3.2. */
function respondHttp1(serving: Serving, response: ServerResponse, answer: ApiResponse, headOnly: boolean): void {
  if (response.destroyed) {
    if (answer.kind === 'stream') answer.start(closedSink);
    return;
  }
  if (answer.kind === 'complete') {
    const body = answer.body === undefined ? undefined : wholeBody(answer.body);
    const length = body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength;
    response.writeHead(answer.status, { ...answer.headers, 'content-length': length });
    response.end(headOnly ? undefined : body);
    if (!headOnly && length >= smallAnswer) countUnread(serving, response, length, () => response.destroy());
    return;
  }
  response.writeHead(answer.status, answer.headers);
  response.flushHeaders();
  if (headOnly) {
    response.end();
    answer.start(closedSink);
    return;
  }
  answer.start({
    write: (chunk) => response.write(chunk),
    end: () => response.end(),
    bufferedBytes: () => response.writableLength,
    onClose: (listener) => {
      if (response.destroyed) listener();
      else response.once('close', listener);
    },
    abort: () => response.destroy(),
  });
}
