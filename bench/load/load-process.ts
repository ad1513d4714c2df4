import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { stopChild } from '../server/canopy-process.ts';
import type { LoadPlan, LoadResult } from './plan.ts';

/** The load generator in a process of its own, so that it costs the measured one nothing but its share of the machine. */
export class LoadProcess {
  private readonly child: ChildProcess = fork(fileURLToPath(new URL('./generator.ts', import.meta.url)));

  /** Rejects with the first answer that was not as expected, or when the generator ends. */
  run(plan: LoadPlan): Promise<LoadResult> {
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new Error('the load generator ended'));
      this.child.once('exit', ended);
      this.child.once('message', ({ result, error }: { result?: LoadResult; error?: string }) => {
        this.child.off('exit', ended);
        if (result === undefined) reject(new Error(error));
        else resolve(result);
      });
      this.child.send(plan);
    });
  }

  stop(): Promise<void> {
    return stopChild(this.child);
  }
}
