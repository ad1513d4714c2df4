import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Pair {
  client: Socket;
  server: Socket;
  /** Bytes of the client that the server has not got yet. */
  heldRequests: Buffer[];
}

/** A TCP connection to a server that can be made to lose answers, to delay requests, and to break. */
export class LossyLink {
  readonly #listener: Server;
  readonly #target: URL;
  readonly #pairs = new Set<Pair>();
  #mode: 'open' | 'holdRequests' | 'loseAnswers' | 'refuse' = 'open';

  /** `target`: URL of the server. */
  static async start(target: string): Promise<LossyLink> {
    const link = new LossyLink(target);
    await once(link.#listener, 'listening');
    return link;
  }

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#listener = createServer((client) => this.#accept(client)).listen(0, '127.0.0.1');
  }

  /** To be used instead of the server's URL. */
  get endpoint(): string {
    return `${this.#target.protocol}//127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  /** Bytes of requests that wait. */
  get held(): number {
    return [...this.#pairs].flatMap(({ heldRequests }) => heldRequests).reduce((sum, { length }) => sum + length, 0);
  }

  /** What clients send from now on waits for {@link release}. */
  holdRequests(): void {
    this.#mode = 'holdRequests';
  }

  /** What the server sends from now on is lost. */
  loseAnswers(): void {
    this.#mode = 'loseAnswers';
  }

  /** Breaks all connections and lets no new one through, until {@link heal}. */
  cut(): void {
    this.#mode = 'refuse';
    this.#breakClients();
  }

  /** Breaks all connections for the clients only: the server knows nothing of it. New ones work. */
  heal(): void {
    this.#mode = 'open';
    this.#breakClients();
  }

  /** Hands over what was held, even if the client is gone. */
  release(): void {
    for (const pair of this.#pairs) for (const bytes of pair.heldRequests.splice(0)) pair.server.write(bytes);
  }

  close(): void {
    this.#listener.close();
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
  }

  #breakClients(): void {
    for (const { client } of this.#pairs) client.destroy();
  }

  #accept(client: Socket): void {
    client.on('error', () => undefined);
    if (this.#mode === 'refuse') {
      client.destroy();
      return;
    }
    const server = connect(Number(this.#target.port), this.#target.hostname);
    const pair: Pair = { client, server, heldRequests: [] };
    this.#pairs.add(pair);
    client.on('data', (bytes: Buffer) => {
      if (this.#mode === 'holdRequests') pair.heldRequests.push(bytes);
      else server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (this.#mode !== 'loseAnswers' && !client.destroyed) client.write(bytes);
    });
    server.on('error', () => undefined);
    server.on('close', () => {
      client.destroy();
      this.#pairs.delete(pair);
    });
  }
}
