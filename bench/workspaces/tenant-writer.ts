import { type Spread, spreadOf } from '../load/latencies.ts';
import { type Access, ask } from './tree.ts';

const paceMs = 5;

/** Somebody else who creates one ConfigMap after the other, unhurried. */
export class TenantWriter {
  private readonly latencies: number[] = [];
  private stopped = false;
  private readonly loop: Promise<void>;

  constructor(access: Access, workspace: string, prefix: string) {
    this.loop = this.run(access, workspace, prefix);
  }

  /** Milliseconds from sending a write to its answer. */
  async stop(): Promise<Spread & { longest: number }> {
    this.stopped = true;
    await this.loop;
    return { ...spreadOf(this.latencies), longest: Math.max(...this.latencies) };
  }

  private async run(access: Access, workspace: string, prefix: string): Promise<void> {
    const path = `/clusters/${workspace}/api/v1/namespaces/default/configmaps`;
    for (let i = 0; !this.stopped; i++) {
      const sent = performance.now();
      const { status } = await ask(access, 'POST', path, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: `${prefix}-${i}` },
      });
      if (status !== 201) throw new Error(`a write of another tenant was answered with ${status}`);
      this.latencies.push(performance.now() - sent);
      await new Promise((resolve) => setTimeout(resolve, paceMs));
    }
  }
}
