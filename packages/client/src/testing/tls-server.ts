import 'reflect-metadata';
import type { Http2SecureServer, Http2ServerRequest, Http2ServerResponse, ServerHttp2Session } from 'node:http2';
import { createSecureServer } from 'node:http2';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer as createTcpServer } from 'node:net';
import type { TLSSocket } from 'node:tls';
import * as x509 from '@peculiar/x509';

/** PEM of a certificate and its key. */
export interface PemPair {
  cert: string;
  key: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A self-signed certificate for `localhost` and 127.0.0.1, usable as server, client and authority. */
export async function selfSigned(commonName: string): Promise<PemPair> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: `CN=${commonName}`,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
    keys,
    signingAlgorithm: algorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
    ],
  });
  const key = await crypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { cert: certificate.toString('pem'), key: x509.PemConverter.encode(key, 'PRIVATE KEY') };
}

export type Handler = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

export interface TestServer {
  url: string;
  pem: PemPair;
  sessions: Set<ServerHttp2Session>;
  close(): Promise<void>;
}

export interface TestServerOptions {
  pem?: PemPair;
  port?: number;
  /** Offer no HTTP/2. */
  http1Only?: boolean;
  maxConcurrentStreams?: number;
  clientCa?: string;
}

/** A server on a free port of 127.0.0.1 that speaks HTTP/2 and HTTP/1.1. */
export async function startTlsServer(handler: Handler, options: TestServerOptions = {}): Promise<TestServer> {
  const pem = options.pem ?? (await selfSigned('server'));
  const tls = { ...pem, requestCert: options.clientCa !== undefined, rejectUnauthorized: false, ca: options.clientCa };
  const settings = { maxConcurrentStreams: options.maxConcurrentStreams ?? 250 };
  const server = options.http1Only
    ? (createServer(tls) as unknown as Http2SecureServer)
    : createSecureServer({ ...tls, allowHTTP1: true, settings });
  const sessions = new Set<ServerHttp2Session>();
  const sockets = new Set<{ destroy(): void }>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => {});
    session.once('close', () => sessions.delete(session));
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (request, response) => {
    response.stream?.on('error', () => {});
    handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pem,
    sessions,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const session of sessions) session.destroy();
        for (const socket of sockets) socket.destroy();
      }),
  };
}

export async function bodyText(request: Http2ServerRequest): Promise<string> {
  let text = '';
  for await (const piece of request) text += String(piece);
  return text;
}

/** A relay to a server that can stop moving bytes in both directions without closing anything. */
export async function startRelay(url: string): Promise<{ url: string; freeze(): void; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const relay = createTcpServer((near) => {
    const far = connect(Number(new URL(url).port), '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => sockets.delete(socket));
    }
    near.pipe(far);
    far.pipe(near);
  });
  await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(relay.address() as AddressInfo).port}`,
    freeze: () => {
      for (const socket of sockets) socket.unpipe();
    },
    close: () =>
      new Promise((resolve) => {
        relay.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
