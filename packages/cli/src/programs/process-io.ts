import { homedir } from 'node:os';
import type { CliIo } from '../session/cli-io.ts';

/** The world of a real process. */
export function processIo(process: NodeJS.Process): CliIo {
  const { stdin, stdout, stderr } = process;
  const terminal = {
    input: stdin,
    write: (part: string) => void stdout.write(part),
    // A terminal that does not know its size says 0.
    size: () => ({ rows: stdout.rows || 24, columns: stdout.columns || 80 }),
  };
  return {
    env: process.env,
    cwd: process.cwd(),
    homeFolder: homedir(),
    ...(stdin.isTTY && stdout.isTTY ? { terminal } : {}),
    readInput: async () => (await import('node:stream/consumers')).text(stdin),
    out: (part) => void stdout.write(part),
    err: (part) => void stderr.write(part),
    now: () => Date.now(),
    sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}
