import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { ConnectionError } from '../../rest/connection-error.ts';
import type { Target } from './channel.ts';
import { messageOf } from './channel.ts';
import type { ClientCertificate } from './credentials.ts';

/** How a server's certificate is checked. */
export interface TlsOptions {
  /** PEM. Replaces the system's authorities. */
  ca?: string;
  /** Name to ask for and to find in the certificate, instead of the URL's host. */
  serverName?: string;
  /** Accept any certificate. */
  insecureSkipVerify?: boolean;
}

/** Node's options for {@link TlsOptions} and a client certificate. */
export function tlsConnectionOptions(tls: TlsOptions, certificate: ClientCertificate | undefined): ConnectionOptions {
  return {
    ca: tls.ca,
    cert: certificate?.cert,
    key: certificate?.key,
    rejectUnauthorized: !tls.insecureSkipVerify,
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
  };
}

export interface TlsDial {
  target: Target;
  options: ConnectionOptions;
  alpn: string[];
  timeoutMs: number;
}

/**
 * A connected and verified socket; its `alpnProtocol` tells what the server chose.
 *
 * @throws ConnectionError `connect` (refused, not found, bad certificate, too slow)
 */
export function dialTls(dial: TlsDial): Promise<TLSSocket> {
  const { target, options, alpn, timeoutMs } = dial;
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new ConnectionError('connect', `cannot connect to ${target.origin}: ${messageOf(cause)}`, cause));
    };
    const servername = options.servername ?? (/^[\d.]+$|:/.test(target.host) ? undefined : target.host);
    const socket = connect({ ...options, servername, host: target.host, port: target.port, ALPNProtocols: alpn });
    const timer = setTimeout(() => fail(new Error(`no connection within ${timeoutMs} ms`)), timeoutMs);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.on('error', fail);
    const onClose = () => fail(new Error('the connection was closed during the handshake'));
    socket.once('close', onClose);
    socket.once('secureConnect', () => {
      clearTimeout(timer);
      socket.off('close', onClose);
      resolve(socket);
    });
  });
}
