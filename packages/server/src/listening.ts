import { type Listener, listen } from '@canopy/apiserver';
import type { CompletedConfig } from './config/complete-config.ts';
import { UsageError } from './options/parse-options.ts';
import type { Wired } from './wire/wire.ts';

const maxBodyBytes = 3 * 1024 * 1024;
/** Over all peers together; API threads have equal parts of it. */
const listenerMemory = {
  maxBodiesBytes: 64 * 1024 * 1024,
  maxUnreadBytes: 256 * 1024 * 1024,
  maxConnections: 20_000,
};
export const shutdownGraceMs = 5000;

export interface ListeningOptions {
  config: Pick<CompletedConfig, 'bindAddress' | 'apiThreads'>;
  /** 0 takes a free one. */
  port: number;
  /** PEM. */
  certificate: { cert: string; key: string };
  /** What TLS sessions are resumed with, 48 bytes; one for all threads that share the port. */
  ticketKeys: Uint8Array;
  /** Until everything is wired, requests are told to come back. */
  wired(): Wired | undefined;
}

/** @throws UsageError when the port cannot be had */
export async function openListener(options: ListeningOptions): Promise<Listener> {
  const { bindAddress, apiThreads } = options.config;
  try {
    return await listen({
      host: bindAddress,
      port: options.port,
      sharesPort: apiThreads > 1,
      ticketKeys: options.ticketKeys,
      cert: options.certificate.cert,
      key: options.certificate.key,
      maxBodyBytes,
      maxBodiesBytes: Math.ceil(listenerMemory.maxBodiesBytes / apiThreads),
      maxUnreadBytes: Math.ceil(listenerMemory.maxUnreadBytes / apiThreads),
      maxConnections: Math.ceil(listenerMemory.maxConnections / apiThreads),
      bodyTimeoutMs: 60_000,
      handshakeTimeoutMs: 10_000,
      stallTimeoutMs: 60_000,
      idleTimeoutMs: 10 * 60_000,
      async handle(request) {
        const ready = options.wired();
        if (ready !== undefined) return ready.handle(request);
        return {
          kind: 'complete',
          status: 503,
          headers: { 'content-type': 'text/plain', 'retry-after': '1' },
          body: 'starting',
        };
      },
    });
  } catch (error) {
    throw cannotListen({ bindAddress, port: options.port }, error as NodeJS.ErrnoException);
  }
}

export function cannotListen(
  { bindAddress, port }: Pick<CompletedConfig, 'bindAddress' | 'port'>,
  { code, message }: NodeJS.ErrnoException,
): UsageError {
  return code === 'EADDRINUSE'
    ? new UsageError(`port ${port} on ${bindAddress} is taken; choose another with --secure-port`)
    : new UsageError(`cannot listen on ${bindAddress}:${port}: ${message}`);
}
