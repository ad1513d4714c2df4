import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export const dayMs = 24 * 3600 * 1000;

/** Sets the time of day of the servers that were started with `env`, and of nobody else. */
export class ClockShift {
  private readonly directory = mkdtempSync(path.join(os.tmpdir(), 'canopy-clock-'));
  private readonly file = path.join(this.directory, 'shift');

  constructor() {
    writeFileSync(this.file, '0');
  }

  /** For `StartOptions`. */
  get env(): NodeJS.ProcessEnv {
    const preloaded = pathToFileURL(path.join(import.meta.dirname, 'shifted-clock.ts')).href;
    return { NODE_OPTIONS: `--import=${preloaded}`, CLOCK_SHIFT_FILE: this.file };
  }

  /** Milliseconds that they are ahead, or behind when negative. They know within milliseconds. */
  set(shiftMs: number): void {
    writeFileSync(this.file, String(shiftMs));
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}
