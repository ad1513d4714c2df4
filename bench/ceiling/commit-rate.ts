import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export interface CommitShape {
  /** Rows that one write makes. */
  rows: number;
  /** Writes in one commit. */
  group: number;
  ms: number;
}

const program = fileURLToPath(new URL('./group-commit.ts', import.meta.url));

/** Durable writes per second of bare SQLite in a process of its own, on the disk of `directory`. */
export async function commitRate(directory: string, { rows, group, ms }: CommitShape): Promise<number> {
  const file = path.join(directory, `ceiling-${process.hrtime.bigint()}.db`);
  const { stdout } = await promisify(execFile)(process.execPath, [
    program,
    file,
    String(rows),
    String(group),
    String(ms),
  ]);
  for (const ending of ['', '-wal', '-shm']) rmSync(file + ending, { force: true });
  return Number(stdout);
}
