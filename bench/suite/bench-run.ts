import type { ChildProcess } from 'node:child_process';
import type { LoadProcess } from '../load/load-process.ts';
import type { LoadPlan, LoadResult } from '../load/plan.ts';
import type { Row } from '../report.ts';
import type { CanopyProcess } from '../server/canopy-process.ts';
import { figuresOf } from '../server/process-figures.ts';
import type { Sizes } from '../sizes.ts';

/** What every part of the suite works with. */
export interface BenchRun {
  /** Source tree whose `dist/` is measured. */
  root: string;
  /** Scratch space on the disk that is measured. */
  directory: string;
  sizes: Sizes;
  load: LoadProcess;
  canopy: CanopyProcess;
}

export type Suite = (run: BenchRun) => Promise<Row[]>;

export interface Measured extends LoadResult {
  perSecond: number;
  /** Processor time of the server for one operation, microseconds. */
  serverMicros: number;
}

/** Runs a plan and takes the server's processor time around it. */
export async function measure(load: LoadProcess, server: ChildProcess, plan: LoadPlan): Promise<Measured> {
  const before = await figuresOf(server);
  const result = await load.run(plan);
  const after = await figuresOf(server);
  return {
    ...result,
    perSecond: result.count / result.seconds,
    serverMicros: (after.cpuMicros - before.cpuMicros) / result.count,
  };
}
