// The ceiling of everything that is served: a bare HTTP/2 server over TLS that reads what it is sent and answers as many
// bytes as Canopy did, without looking at either. Says when it can be told, is told a certificate and the answers, and
// says its port.
import http2, { type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { CeilingSetup } from './setup.ts';

const watchers = new Set<ServerHttp2Stream>();
const frameHead = Buffer.from('{"type":"ADDED","object":');
const frameEnd = Buffer.from('}\n');

function serve(setup: CeilingSetup): void {
  const answers = new Map(Object.entries(setup.answers).map(([key, text]) => [key, Buffer.from(text)]));
  const server = http2.createSecureServer({
    cert: setup.cert,
    key: setup.key,
    settings: { initialWindowSize: 1 << 20 },
  });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => undefined);
    const path = headers[':path'] ?? '';
    const method = headers[':method'] ?? 'GET';
    if (path.includes('watch=true')) {
      stream.respond({ ':status': 200, 'content-type': 'application/json' });
      watchers.add(stream);
      stream.on('close', () => watchers.delete(stream));
      return;
    }
    const answer = answers.get(path.includes('limit=') ? 'LIST' : method) ?? Buffer.alloc(0);
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('end', () => {
      if (method === 'POST') fanOut(Buffer.concat(chunks), answer.length);
      stream.respond({
        ':status': method === 'POST' ? 201 : 200,
        'content-type': 'application/json',
        'content-length': answer.length,
      });
      stream.end(answer);
    });
  });
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
}

/** What was posted, padded to the length of the object that Canopy makes of it. */
function fanOut(body: Buffer, length: number): void {
  if (watchers.size === 0) return;
  const frame = Buffer.concat([frameHead, body, Buffer.alloc(Math.max(0, length - body.length), ' '), frameEnd]);
  for (const stream of watchers) stream.write(frame);
}

process.on('message', (message: { setup?: CeilingSetup }) => {
  if (message.setup !== undefined) serve(message.setup);
});
process.channel?.ref();
process.send?.({ listening: false });
