import { randomBytes } from 'node:crypto';
import {
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { RunAs } from './run-as.ts';
import { exitCode, type Programs, spawnOnFolder } from './server-process.ts';

/** Login of the provider on its own server. */
export const superuser = 'canopy';

/** Where things lie below the embedded server's folder. */
export function placesIn(root: string) {
  return {
    data: path.join(root, 'data'),
    password: path.join(root, 'superuser-password'),
    port: path.join(root, 'port'),
    log: path.join(root, 'server.log'),
  };
}

/** The superuser's password: made once, readable by the owner alone. */
export function superuserPassword(file: string): string {
  if (existsSync(file)) {
    const present = readFileSync(file, 'utf8').trim();
    if (present !== '') return present;
  }
  const password = randomBytes(24).toString('base64url');
  writeWhole(file, password, undefined);
  return password;
}

/** A file that is there whole or not at all, with mode 0600. */
export function writeWhole(file: string, text: string, owner: RunAs | undefined): void {
  const partial = `${file}.${process.pid}`;
  writeFileSync(partial, text, { mode: 0o600 });
  if (owner !== undefined) chownSync(partial, owner.uid, owner.gid);
  renameSync(partial, file);
}

/**
 * Makes the data folder if it is not there; one that is there is whole, since it takes its name last.
 *
 * @throws Error with the end of the log when initdb fails
 */
export async function ensureDataFolder(
  root: string,
  options: { initdb: string; password: string; user: RunAs | undefined },
): Promise<void> {
  const { data, log } = placesIn(root);
  if (existsSync(data)) return;
  const partial = `${data}.new`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { mode: 0o700 });
  if (options.user !== undefined) chownSync(partial, options.user.uid, options.user.gid);
  const passwordFile = path.join(root, 'initdb-password');
  writeWhole(passwordFile, `${options.password}\n`, options.user);
  const input = openSync(passwordFile, 'r');
  try {
    const programs: Programs = { user: options.user, logFile: log, input };
    const code = await exitCode(spawnOnFolder(options.initdb, initdbArguments, partial, programs));
    if (code !== 0) throw new Error(`initdb failed:\n${endOf(log)}`);
  } finally {
    closeSync(input);
    rmSync(passwordFile, { force: true });
  }
  renameSync(partial, data);
}

const initdbArguments = [
  `--username=${superuser}`,
  '--auth=scram-sha-256',
  '--pwfile=/dev/stdin',
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--locale=C',
  '--no-instructions',
];

/** The last lines of a log. */
export function endOf(file: string): string {
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-8).join('\n') : '';
}
