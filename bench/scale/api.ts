import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { connectSession, headersOf, type PlainResponse, requestOnce } from '../load/session.ts';
import type { Target } from '../server/canopy-process.ts';

const sessionCount = 4;

/** A few connections to one server, used in turn. */
export class Api {
  readonly target: Target;
  private readonly sessions: readonly ClientHttp2Session[];
  private turn = 0;

  private constructor(target: Target, sessions: readonly ClientHttp2Session[]) {
    this.target = target;
    this.sessions = sessions;
  }

  static async connect(target: Target): Promise<Api> {
    return new Api(target, await Promise.all(Array.from({ length: sessionCount }, () => connectSession(target))));
  }

  get session(): ClientHttp2Session {
    this.turn = (this.turn + 1) % sessionCount;
    return this.sessions[this.turn] as ClientHttp2Session;
  }

  send(method: string, path: string, body?: object, contentType?: string): Promise<PlainResponse> {
    return requestOnce(this.session, this.target, {
      method,
      path,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(contentType === undefined ? {} : { contentType }),
    });
  }

  /** The parsed answer. @throws Error when its status is none of the expected */
  async ok<T>(method: string, path: string, body?: object, expected: readonly number[] = [200, 201]): Promise<T> {
    const answer = await this.send(method, path, body);
    if (!expected.includes(answer.status))
      throw new Error(`${method} ${path} was answered with ${answer.status}: ${answer.body.toString().slice(0, 500)}`);
    return JSON.parse(answer.body.toString()) as T;
  }

  /** A GET with its own Accept header. @throws Error when it is not answered with 200 */
  async okAs(path: string, accept: string): Promise<void> {
    const stream = this.session.request({ ...headersOf(this.target, { method: 'GET', path }), accept });
    const [headers] = (await once(stream, 'response')) as [{ ':status'?: number }];
    for await (const _ of stream);
    if (headers[':status'] !== 200) throw new Error(`GET ${path} was answered with ${headers[':status']}`);
  }

  close(): void {
    for (const session of this.sessions) session.destroy();
  }
}
