import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stopChild } from '../server/canopy-process.ts';
import type { LoadPlan, LoadResult } from './plan.ts';

/** What the load generator says. */
interface Report {
  started?: true;
  result?: LoadResult;
  error?: string;
}

/** The load generator in a process of its own, so that it costs the measured one nothing but its share of the machine. */
export class LoadProcess {
  private readonly child: ChildProcess = fork(fileURLToPath(new URL('./generator.ts', import.meta.url)));

  /**
   * Rejects with the first answer that makes the plan pointless, or when the generator ends. `started` is awaited when its
   * connections and watches are open, before the work.
   */
  run(plan: LoadPlan, started: () => Promise<unknown> = () => Promise.resolve()): Promise<LoadResult> {
    const { child } = this;
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error('the load generator ended'));
      const hear = (report: Report): void => {
        if (report.started === true) {
          started().then(() => child.send({ go: true }), reject);
          return;
        }
        child.off('exit', ended);
        child.off('message', hear);
        if (report.result === undefined) reject(new Error(report.error));
        else resolve(report.result);
      };
      child.once('exit', ended);
      child.on('message', hear);
      child.send({ plan });
    });
  }

  stop(): Promise<void> {
    return stopChild(this.child);
  }
}
