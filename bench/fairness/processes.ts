import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { stopChild } from '../server/canopy-process.ts';
import type { FloodCounts, FloodPlan } from './flood.ts';
import type { TenantPlan, TenantResult } from './tenant.ts';

/** A well-behaved tenant in a process of its own, used again and again. */
export class TenantProcess {
  private readonly child: ChildProcess = fork(path.join(import.meta.dirname, 'tenant.ts'));

  async run(plan: TenantPlan): Promise<TenantResult> {
    this.child.send(plan);
    const [{ result, error }] = (await once(this.child, 'message')) as [{ result?: TenantResult; error?: string }];
    if (result === undefined) throw new Error(error);
    return result;
  }

  stop(): Promise<void> {
    return stopChild(this.child);
  }
}

/** A flood in a process of its own. */
export class FloodProcess {
  private readonly child: ChildProcess = fork(path.join(import.meta.dirname, 'flood.ts'));

  constructor(plan: FloodPlan) {
    this.child.send({ plan });
  }

  /** What it was answered since the last time. */
  async take(): Promise<FloodCounts> {
    this.child.send({ take: true });
    const [counts] = (await once(this.child, 'message')) as [FloodCounts];
    return counts;
  }

  stop(): Promise<void> {
    return stopChild(this.child);
  }
}
