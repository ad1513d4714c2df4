import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { RunAs } from './run-as.ts';

/** How programs of PostgreSQL are run on a data folder. */
export interface Programs {
  user: RunAs | undefined;
  /** Both streams of output go to the end of this file. */
  logFile: string;
  /** Descriptor of what the program reads; nothing unless told. */
  input?: number;
}

/** Number that an open data folder has in the child. */
const folderDescriptor = 3;

/**
 * Runs a program with `-D` and the folder. A program that runs as another user gets the folder as an open descriptor: so
 * it may lie below folders that only root can enter, such as `.canopy`, which holds private keys.
 */
export function spawnOnFolder(
  program: string,
  args: readonly string[],
  dataFolder: string,
  how: Programs,
): ChildProcess {
  const log = openSync(how.logFile, 'a', 0o600);
  const handOver = how.user !== undefined && process.platform === 'linux';
  const folder = handOver ? openSync(dataFolder, 'r') : undefined;
  try {
    const named = folder === undefined ? dataFolder : `/proc/self/fd/${folderDescriptor}`;
    return spawn(program, ['-D', named, ...args], {
      cwd: '/',
      stdio: [how.input ?? 'ignore', log, log, ...(folder === undefined ? [] : [folder])],
      // Survives a terminal's Ctrl-C, which is for the provider: that ends it in order.
      detached: true,
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC', PGTZ: 'UTC' },
      ...how.user,
    });
  } finally {
    closeSync(log);
    if (folder !== undefined) closeSync(folder);
  }
}

/** What the process exits with; -1 when a signal ended it or it could not be started. */
export function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(-1));
    child.once('exit', (code) => resolve(code ?? -1));
  });
}

/** The server that runs on the folder, by its lock file, whoever started it; undefined if there is none. */
export function runningServer(dataFolder: string): { pid: number; port: number } | undefined {
  let lines: string[];
  try {
    lines = readFileSync(path.join(dataFolder, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const [pid, port] = [Number(lines[0]), Number(lines[3])];
  return pid > 0 && isServerOf(pid, dataFolder) ? { pid, port } : undefined;
}

/**
 * Removes a lock file that names a living process of another program, which PostgreSQL could take for a server of ours.
 * One that names no process is left to PostgreSQL, which looks for survivors of that server first.
 */
export function removeForeignLock(dataFolder: string): void {
  const file = path.join(dataFolder, 'postmaster.pid');
  if (process.platform !== 'linux' || !existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n', 1)[0]);
  if (pid > 0 && isAlive(pid) && !isServerOf(pid, dataFolder)) rmSync(file, { force: true });
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** After a crash of the machine the number may be another process's by now: a server works inside its folder. */
function isServerOf(pid: number, dataFolder: string): boolean {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  try {
    return readlinkSync(`/proc/${pid}/cwd`) === realpathSync(dataFolder);
  } catch {
    return false;
  }
}
