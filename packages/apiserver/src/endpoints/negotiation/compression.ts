import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type ApiResponse, leastBytes, wholeBody } from '../api-response.ts';

const gzipAsync = promisify(gzip);

/** Smaller answers are sent as they are, as in Kubernetes. Bytes. */
export const gzipThresholdBytes = 128 * 1024;

/** Whether an Accept-Encoding header takes gzip. */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  if (acceptEncoding === undefined || !acceptEncoding.includes('gzip')) return false;
  if (acceptEncoding === 'gzip') return true;
  for (const part of acceptEncoding.split(',')) {
    const [coding = '', ...params] = part.split(';');
    if (coding.trim().toLowerCase() !== 'gzip') continue;
    return !params.some((param) => /^\s*q\s*=\s*0(\.0{0,3})?\s*$/i.test(param));
  }
  return false;
}

/** Level 1: lists are compressed while a client waits. Runs on the thread pool. */
export function gzipFast(body: Uint8Array | string): Promise<Buffer> {
  return gzipAsync(body, { level: 1 });
}

const compressedOnce = new WeakMap<Uint8Array, Promise<Buffer>>();

/** For bodies that are kept and served again; what it compressed lives as long as the body. */
export function gzipOnce(body: Uint8Array | string): Promise<Buffer> {
  if (typeof body === 'string') return gzipFast(body);
  let compressed = compressedOnce.get(body);
  if (compressed === undefined) {
    compressed = gzipFast(body);
    compressedOnce.set(body, compressed);
  }
  return compressed;
}

/**
 * Compresses a large complete answer if the client takes gzip. Streams, small answers and answers that have an
 * encoding already are returned as they are.
 */
export function compressResponse(
  response: ApiResponse,
  acceptEncoding: string | undefined,
  compress: (body: Uint8Array | string) => Promise<Buffer> = gzipFast,
): ApiResponse | Promise<ApiResponse> {
  if (response.kind === 'stream' || response.body === undefined) return response;
  // Every character is at least one byte, so only texts below the threshold have to be measured.
  const short = leastBytes(response.body) < gzipThresholdBytes;
  if (short && (typeof response.body !== 'string' || Buffer.byteLength(response.body) < gzipThresholdBytes))
    return response;
  if (response.headers['content-encoding'] !== undefined) return response;
  const vary = response.headers['vary'];
  const headers = { ...response.headers, vary: vary === undefined ? 'Accept-Encoding' : `${vary}, Accept-Encoding` };
  if (!acceptsGzip(acceptEncoding)) return { ...response, headers };
  return compress(wholeBody(response.body)).then((body) => ({
    ...response,
    headers: { ...headers, 'content-encoding': 'gzip' },
    body,
  }));
}
