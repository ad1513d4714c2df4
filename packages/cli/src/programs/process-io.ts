import { homedir } from 'node:os';
import { text } from 'node:stream/consumers';
import type { CliIo } from '../session/cli-io.ts';

/** The world of a real process. */
export function processIo(process: NodeJS.Process): CliIo {
  return {
    env: process.env,
    cwd: process.cwd(),
    homeFolder: homedir(),
    readInput: () => text(process.stdin),
    out: (part) => void process.stdout.write(part),
    err: (part) => void process.stderr.write(part),
    now: () => Date.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}
