import http2, { type ClientHttp2Session, type ClientHttp2Stream } from 'node:http2';
import type { CanopyProcess } from './canopy-process.ts';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** Body as JSON; throws when it is none. */
  json<T = KubeJson>(): T;
}

/** Any object, list or Status of the API, loosely. */
export interface KubeJson {
  kind: string;
  apiVersion: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    resourceVersion: string;
    generation?: number;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    finalizers?: string[];
    deletionTimestamp?: string;
    continue?: string;
    managedFields?: { manager: string; operation: string }[];
  };
  items: KubeJson[];
  spec: Record<string, unknown>;
  status: Record<string, unknown>;
  data?: Record<string, string>;
  code: number;
  reason: string;
  message: string;
  details?: Record<string, unknown>;
}

export interface RestOptions {
  body?: unknown;
  contentType?: string;
  headers?: Record<string, string>;
}

/** Client certificate and key, PEM. */
export interface ClientCertificate {
  cert: string;
  key: string;
}

/** A bare HTTP/2 client: what the server sees is exactly what a test wrote. */
export class Rest {
  private readonly sessions: readonly ClientHttp2Session[];
  private readonly base: string;
  private readonly headers: Record<string, string>;
  private sent = 0;

  constructor(sessions: readonly ClientHttp2Session[], base: string, headers: Record<string, string>) {
    this.sessions = sessions;
    this.base = base;
    this.headers = headers;
  }

  /** A connection of its own to the server; paths are below `/clusters/<cluster>` unless `cluster` is empty. */
  static connect(
    server: CanopyProcess,
    cluster: string,
    access: { token?: string; anonymous?: boolean; certificate?: ClientCertificate } = {},
  ): Rest {
    const token =
      access.anonymous || access.certificate !== undefined ? undefined : (access.token ?? server.adminToken());
    return new Rest(
      [connectTo(server, access.certificate)],
      cluster === '' ? '' : `/clusters/${cluster}`,
      token === undefined ? {} : { authorization: `Bearer ${token}` },
    );
  }

  /** Each request to the next of several replicas, as the admin. */
  static spread(servers: readonly CanopyProcess[], cluster: string): Rest {
    const token = servers[0]?.adminToken() ?? '';
    const sessions = servers.map((server) => connectTo(server));
    return new Rest(sessions, cluster === '' ? '' : `/clusters/${cluster}`, { authorization: `Bearer ${token}` });
  }

  /** The same connection with another prefix; `token` replaces the identity. */
  at(cluster: string, token?: string): Rest {
    return new Rest(
      this.rotated(),
      cluster === '' ? '' : `/clusters/${cluster}`,
      token === undefined ? this.headers : { authorization: `Bearer ${token}` },
    );
  }

  /** The same connection below any path. */
  below(prefix: string, token?: string): Rest {
    return new Rest(this.rotated(), prefix, token === undefined ? this.headers : { authorization: `Bearer ${token}` });
  }

  open(method: string, path: string, options: RestOptions = {}): ClientHttp2Stream {
    const { body, contentType, headers } = options;
    const session = this.sessions[this.sent++ % this.sessions.length] as ClientHttp2Session;
    const stream = session.request(
      {
        ':method': method,
        ':path': this.base + path,
        ...this.headers,
        ...(body === undefined ? {} : { 'content-type': contentType ?? 'application/json' }),
        ...headers,
      },
      { endStream: body === undefined },
    );
    if (body !== undefined)
      stream.end(typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body));
    return stream;
  }

  request(method: string, path: string, options: RestOptions = {}): Promise<Answer> {
    return readAnswer(this.open(method, path, options));
  }

  get(path: string, headers?: Record<string, string>): Promise<Answer> {
    return this.request('GET', path, { headers });
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.request('POST', path, { body });
  }

  put(path: string, body: unknown): Promise<Answer> {
    return this.request('PUT', path, { body });
  }

  patch(path: string, body: unknown, contentType = 'application/merge-patch+json'): Promise<Answer> {
    return this.request('PATCH', path, { body, contentType });
  }

  delete(path: string, body?: unknown): Promise<Answer> {
    return this.request('DELETE', path, { body });
  }

  /** The object of a request that must succeed. */
  async ok(method: string, path: string, body?: unknown): Promise<KubeJson> {
    const answer = await this.request(method, path, {
      body,
      ...(method === 'PATCH' ? { contentType: 'application/merge-patch+json' } : {}),
    });
    if (answer.status >= 300) throw new Error(`${method} ${this.base}${path}: ${answer.status} ${answer.text}`);
    return answer.json();
  }

  close(): void {
    for (const session of this.sessions) session.destroy();
  }

  /** What is derived from this one begins with another session than what was derived before. */
  private rotated(): ClientHttp2Session[] {
    const first = this.sent++ % this.sessions.length;
    return [...this.sessions.slice(first), ...this.sessions.slice(0, first)];
  }
}

function connectTo(server: CanopyProcess, certificate?: ClientCertificate): ClientHttp2Session {
  const session = http2.connect(server.url, { ca: server.ca, ...certificate });
  session.on('error', () => undefined);
  return session;
}

export function readAnswer(stream: ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let headers: Record<string, string | string[] | undefined> = {};
    const chunks: Buffer[] = [];
    stream.on('response', (received) => {
      headers = received as Record<string, string | string[] | undefined>;
    });
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => {
      if (headers[':status'] === undefined) return;
      const text = Buffer.concat(chunks).toString('utf8');
      resolve({ status: Number(headers[':status']), headers, text, json: <T>() => JSON.parse(text) as T });
    });
    stream.on('close', () => reject(new Error('the stream was closed without an answer')));
  });
}
