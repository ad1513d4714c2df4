/** When a process counts as being at rest. */
export interface RestOptions {
  /** Of one processor, in the time between two looks. */
  restShare: number;
  /** Milliseconds of processor time that it must have worked for before rest is worth anything. */
  workMs: number;
  /** Milliseconds of rest after which it is told a second time: garbage collection has come round by then. */
  againMs: number;
}

const defaults: RestOptions = { restShare: 0.05, workMs: 500, againMs: 30_000 };

/** Tells when a process has come to rest after work, from looks at its clock and its processor time, both in milliseconds. */
export class RestWatch {
  private readonly options: RestOptions;
  private last: { atMs: number; cpuMs: number } | undefined;
  private workedMs = 0;
  private againAtMs: number | undefined;

  constructor(options: Partial<RestOptions> = {}) {
    this.options = { ...defaults, ...options };
  }

  /** True once when rest begins after work, and once again when it has lasted. */
  look(atMs: number, cpuMs: number): boolean {
    const { last } = this;
    this.last = { atMs, cpuMs };
    if (last === undefined) return false;
    const workedMs = cpuMs - last.cpuMs;
    this.workedMs += workedMs;
    if (workedMs > (atMs - last.atMs) * this.options.restShare) return false;
    if (this.workedMs >= this.options.workMs) {
      this.workedMs = 0;
      this.againAtMs = atMs + this.options.againMs;
      return true;
    }
    if (this.againAtMs === undefined || atMs < this.againAtMs) return false;
    this.againAtMs = undefined;
    this.workedMs = 0;
    return true;
  }
}
