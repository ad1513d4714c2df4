import type { KubeObject } from '@canopy/apimachinery';
import type { Transport, TransportRequest } from '@canopy/client';
import { LiveWatch } from './live-watch.ts';

/** What a server answered, with the body as it came. */
export interface ApiAnswer {
  status: number;
  /** Lower-case names. */
  headers: Readonly<Record<string, string>>;
  text: string;
  /** The body as JSON; throws when it is none. */
  json(): AnyObject;
}

/** An object, a list or a Status, loosely. */
export type AnyObject = KubeObject & {
  items: AnyObject[];
  code: number;
  reason: string;
  message: string;
  [field: string]: unknown;
};

export interface CallOptions {
  headers?: Readonly<Record<string, string>>;
  contentType?: string;
}

const withoutBody = new Set(['GET']);

/** Requests of one user below one path, without any treatment of errors: tests look at status and bytes. */
export class ApiCaller {
  private readonly transport: Transport;
  private readonly base: string;

  constructor(transport: Transport, base: string) {
    this.transport = transport;
    this.base = base;
  }

  /** The same user below another path, e.g. `/clusters/root:org` or `''`. */
  below(base: string): ApiCaller {
    return new ApiCaller(this.transport, base);
  }

  /** The same user in a workspace. */
  in(cluster: string): ApiCaller {
    return this.below(`/clusters/${cluster}`);
  }

  async call(
    method: TransportRequest['method'],
    path: string,
    body?: unknown,
    options: CallOptions = {},
  ): Promise<ApiAnswer> {
    const { contentType = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json', headers } = options;
    const sendsBody = body !== undefined && !withoutBody.has(method);
    const response = await this.transport.request({
      method,
      path: this.base + path,
      headers: { ...(sendsBody ? { 'content-type': contentType } : {}), ...headers },
      ...(sendsBody ? { body: bytesOf(body) } : {}),
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) as AnyObject };
  }

  get(path: string, headers?: Readonly<Record<string, string>>): Promise<ApiAnswer> {
    return this.call('GET', path, undefined, headers === undefined ? {} : { headers });
  }

  post(path: string, body: unknown): Promise<ApiAnswer> {
    return this.call('POST', path, body);
  }

  put(path: string, body: unknown): Promise<ApiAnswer> {
    return this.call('PUT', path, body);
  }

  /** A merge patch. */
  patch(path: string, body: unknown): Promise<ApiAnswer> {
    return this.call('PATCH', path, body);
  }

  delete(path: string): Promise<ApiAnswer> {
    return this.call('DELETE', path);
  }

  /** The object of a request that must succeed; the error tells what the server said instead. */
  async ok(method: TransportRequest['method'], path: string, body?: unknown): Promise<AnyObject> {
    const answer = await this.call(method, path, body);
    if (answer.status >= 300) throw new Error(`${method} ${this.base}${path}: ${answer.status} ${answer.text}`);
    return answer.json();
  }

  /** Follows a list; `path` has no `watch` in its query. */
  async watch(path: string, query = ''): Promise<LiveWatch> {
    const stop = new AbortController();
    const response = await this.transport.request({
      method: 'GET',
      path: `${this.base}${path}?watch=true${query === '' ? '' : `&${query}`}`,
      signal: stop.signal,
    });
    if (response.status === 200) return new LiveWatch(response.body, stop);
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body) chunks.push(chunk);
    throw new Error(`watch ${this.base}${path}: ${response.status} ${Buffer.concat(chunks).toString('utf8')}`);
  }
}

function bytesOf(body: unknown): Uint8Array | string {
  return typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
}
