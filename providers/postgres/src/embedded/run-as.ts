import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';

/** The user that server processes run as. */
export interface RunAs {
  uid: number;
  gid: number;
}

/** Names of users that own nothing of value, best first. */
const candidates = ['postgres', 'nobody'];

/**
 * Another user to run as, for root, whom PostgreSQL refuses; undefined for anybody else.
 *
 * @throws Error when the system knows none of `postgres` and `nobody`
 */
export function userForServer(passwdFile = '/etc/passwd'): RunAs | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync(passwdFile, 'utf8').split('\n');
  for (const name of candidates) {
    const fields = lines.find((line) => line.startsWith(`${name}:`))?.split(':');
    const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])];
    if (uid > 0 && gid > 0) return { uid, gid };
  }
  throw new Error('PostgreSQL does not run as root, and there is neither a user postgres nor nobody to run it as');
}

/** Whether users without rights of their own may pass all folders down to this path and read it. */
export function isOpenToAll(place: string): boolean {
  const read = 0o005;
  const pass = 0o001;
  if ((statSync(place).mode & read) !== read) return false;
  for (let folder = path.dirname(place); ; folder = path.dirname(folder)) {
    if ((statSync(folder).mode & pass) === 0) return false;
    if (folder === path.dirname(folder)) return true;
  }
}
