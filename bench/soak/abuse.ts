// A process that misuses a server in many ways at once until it is ended. Tells its parent each second what it was answered.
import net, { type Socket } from 'node:net';
import { setPriority } from 'node:os';
import { RawConnection } from '../load/raw-connection.ts';
import { prepare } from '../load/request-block.ts';
import { workspacesPath } from '../server/canopy-process.ts';

export interface AbusePlan {
  url: string;
  ca: string;
  tokens: string[];
  /** URL path of the ConfigMaps of a workspace with many of them. */
  many: string;
}

export interface AbuseCounts {
  served: number;
  refused: number;
  /** Answers with other statuses. */
  otherwise: number;
  /** Connections or streams that the server, or the abuser itself, ended. */
  cut: number;
}

const retryMs = 100;
const largeBodyBytes = 2_000_000;
let counts: AbuseCounts = { served: 0, refused: 0, otherwise: 0, cut: 0 };

function count(status: number): void {
  if (status >= 200 && status < 300) counts.served += 1;
  else if (status === 429) counts.refused += 1;
  else if (status === 0) counts.cut += 1;
  else counts.otherwise += 1;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function forEver(times: number, step: (i: number) => Promise<void>): void {
  for (let i = 0; i < times; i++) {
    void (async () => {
      for (;;) {
        await step(i).catch(() => {
          counts.cut += 1;
        });
        await pause(1);
      }
    })();
  }
}

class Abuser {
  private readonly plan: AbusePlan;
  private readonly shared: RawConnection[] = [];
  private number = 0;

  constructor(plan: AbusePlan) {
    this.plan = plan;
  }

  start(): void {
    // More than may be in work and wait together, so that some of it has to be refused.
    this.loops(1600, 'GET', `${this.plan.many}/c-1`);
    this.loops(10, 'GET', this.plan.many);
    this.loops(4, 'GET', `${this.plan.many}?labelSelector=a!=b`);
    const text = 'x'.repeat(largeBodyBytes);
    const large = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'large' }, data: { text } });
    this.loops(4, 'POST', `${this.plan.many}?dryRun=All`, large);
    this.loops(10, 'POST', this.plan.many, '{"kind":"ConfigMap","metadata":{"name":"a/b"');
    this.loops(10, 'PUT', `${this.plan.many}/none`, `${'['.repeat(5000)}`);
    forEver(20, () => this.slowReader());
    forEver(50, () => this.halfOpen());
    forEver(50, () => this.halfSent());
    forEver(20, () => this.watches());
    forEver(3, () => this.noise());
    forEver(2, (i) => this.workspace(i));
  }

  /** Closed loops of one request on shared connections. */
  private loops(times: number, method: string, path: string, body?: string): void {
    forEver(times, async (i) => {
      const token = this.plan.tokens[i % this.plan.tokens.length] as string;
      const status = await this.request(i % 20, { token, method, path, ...(body === undefined ? {} : { body }) });
      if (status < 200 || status >= 300) await pause(retryMs);
    });
  }

  private async request(
    at: number,
    { token, method, path, body }: { token: string; method: string; path: string; body?: string },
  ): Promise<number> {
    let connection = this.shared[at];
    if (connection === undefined || connection.socket.destroyed) {
      connection = await RawConnection.open(this.plan);
      this.shared[at] = connection;
    }
    const prepared = prepare({ token }, method, path, body);
    const status = await new Promise<number>((resolve) => (connection as RawConnection).send(prepared, resolve));
    count(status);
    return status;
  }

  private async slowReader(): Promise<void> {
    const connection = await RawConnection.open(this.plan, 1000);
    for (let i = 0; i < 5; i++) connection.send(this.ofFirst('GET', this.plan.many), count);
    await pause(10_000 * Math.random());
    connection.destroy();
  }

  /** A connection without a TLS handshake. */
  private async halfOpen(): Promise<void> {
    const { hostname, port } = new URL(this.plan.url);
    const socket: Socket = net.connect(Number(port), hostname);
    socket.on('error', () => undefined);
    await new Promise<void>((resolve) => socket.once('close', () => resolve()));
    counts.cut += 1;
    await pause(1000);
  }

  private async halfSent(): Promise<void> {
    const connection = await RawConnection.open(this.plan);
    connection.sendHalf(this.ofFirst('POST', this.plan.many));
    await pause(5000 * Math.random());
    connection.destroy();
  }

  private async watches(): Promise<void> {
    const connection = await RawConnection.open(this.plan);
    for (let i = 0; i < 5; i++) connection.send(this.ofFirst('GET', `${this.plan.many}?watch=true`), count);
    await pause(3000 * Math.random());
    connection.destroy();
  }

  private async noise(): Promise<void> {
    const connection = await RawConnection.open(this.plan);
    connection.socket.write(Buffer.from(Array.from({ length: 500 }, () => Math.floor(Math.random() * 256))));
    await pause(500);
    connection.destroy();
  }

  private async workspace(i: number): Promise<void> {
    this.number += 1;
    const name = `soak-${i}-${this.number}`;
    const token = this.plan.tokens[0] as string;
    const at = `/clusters/root${workspacesPath}`;
    const body = JSON.stringify({ apiVersion: 'tenancy.kcp.io/v1alpha1', kind: 'Workspace', metadata: { name } });
    const made = await this.request(i, { token, method: 'POST', path: at, body });
    await pause(500);
    if (made === 201 || made === 0) await this.request(i, { token, method: 'DELETE', path: `${at}/${name}` });
  }

  private ofFirst(method: string, path: string): ReturnType<typeof prepare> {
    return prepare({ token: this.plan.tokens[0] as string }, method, path);
  }
}

process.on('message', (plan: AbusePlan) => {
  setPriority(19);
  new Abuser(plan).start();
  setInterval(() => {
    process.send?.(counts);
    counts = { served: 0, refused: 0, otherwise: 0, cut: 0 };
  }, 1000);
});
process.once('disconnect', () => process.exit());
