import { quantile } from '../load/latencies.ts';
import { RawConnection } from '../load/raw-connection.ts';
import { type PreparedRequest, prepare } from '../load/request-block.ts';
import type { Target } from '../server/canopy-process.ts';

/** A well-behaved tenant: one request at a time, some each second, mostly reads. Keeps what each was answered. */
export class TenantAtWork {
  readonly statuses = new Map<number, number>();
  private latencies: number[] = [];
  private readonly connection: RawConnection;
  private readonly token: string;
  private readonly path: string;
  private stopped = false;
  private work: Promise<void> | undefined;

  private constructor(connection: RawConnection, token: string, path: string) {
    this.connection = connection;
    this.token = token;
    this.path = path;
  }

  /** `path` is that of the ConfigMaps of its workspace; there is one named `c-0`. */
  static async start(target: Target, path: string): Promise<TenantAtWork> {
    const tenant = new TenantAtWork(await RawConnection.open(target), target.token, path);
    tenant.work = tenant.run();
    return tenant;
  }

  /** Of the requests since the last time, milliseconds; NaN when none was answered. */
  takeP99(): number {
    const sorted = Float64Array.from(this.latencies).sort();
    this.latencies = [];
    return quantile(sorted, 0.99);
  }

  /** Resolves when its last request is answered. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.work;
    this.connection.destroy();
  }

  private async run(): Promise<void> {
    const read = prepare({ token: this.token }, 'GET', `${this.path}/c-0`);
    for (let i = 0; !this.stopped; i++) {
      await this.send(read);
      if (i % 10 === 0) {
        await this.send(prepare({ token: this.token }, 'POST', this.path, body(`t-${i}`)));
        await this.send(prepare({ token: this.token }, 'DELETE', `${this.path}/t-${i}`));
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  private async send(request: PreparedRequest): Promise<void> {
    const started = performance.now();
    const status = await new Promise<number>((resolve) => this.connection.send(request, resolve));
    this.latencies.push(performance.now() - started);
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
  }
}

function body(name: string): string {
  return JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { text: 'x'.repeat(500) } });
}
