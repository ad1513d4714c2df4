import type { RawConnection } from './raw-connection.ts';
import type { PreparedRequest } from './request-block.ts';
import type { PlainResponse } from './session.ts';

/** One request with its whole answer; status 0 when the stream or the connection failed. */
export function ask(connection: RawConnection, request: PreparedRequest): Promise<PlainResponse> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    connection.send(request, (status) => resolve({ status, body: Buffer.concat(chunks) }), {
      data: (chunk) => chunks.push(Buffer.from(chunk)),
    });
  });
}
