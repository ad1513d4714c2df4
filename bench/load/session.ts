import { once } from 'node:events';
import http2, { type ClientHttp2Session, type OutgoingHttpHeaders } from 'node:http2';
import type { Target } from '../server/canopy-process.ts';

export interface PlainRequest {
  method: string;
  path: string;
  body?: string | Buffer;
  contentType?: string;
}

export interface PlainResponse {
  status: number;
  body: Buffer;
}

export async function connectSession(target: Pick<Target, 'url' | 'ca'>): Promise<ClientHttp2Session> {
  const session = http2.connect(target.url, {
    ca: target.ca,
    settings: { initialWindowSize: 1 << 20, enablePush: false },
  });
  session.on('error', () => undefined);
  await once(session, 'connect');
  session.setLocalWindowSize(16 << 20);
  return session;
}

export function headersOf(target: Target, { method, path, body, contentType }: PlainRequest): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = {
    ':method': method,
    ':path': path,
    authorization: `Bearer ${target.token}`,
    accept: 'application/json',
  };
  if (body !== undefined) headers['content-type'] = contentType ?? 'application/json';
  return headers;
}

/** One request with its whole answer. Rejects when the stream fails. */
export function requestOnce(
  session: ClientHttp2Session,
  target: Target,
  request: PlainRequest,
): Promise<PlainResponse> {
  return new Promise((resolve, reject) => {
    const stream = session.request(headersOf(target, request), { endStream: request.body === undefined });
    let status = 0;
    const chunks: Buffer[] = [];
    stream.on('response', (headers) => {
      status = Number(headers[':status']);
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () =>
      resolve({ status, body: chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks) }),
    );
    stream.on('error', reject);
    if (request.body !== undefined) stream.end(request.body);
  });
}
