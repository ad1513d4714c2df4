import { closeSync, fsyncSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writePrivateFile } from '../pki/private-file.ts';

/** What makes a server the same server for its clients, beside its database. */
const rootFiles = [
  'ca.crt',
  'ca.key',
  'serving.crt',
  'serving.key',
  'sa.key',
  'admin.kubeconfig',
  '.admin-token-store',
] as const;

/** Those that exist. */
export function readRootFiles(directory: string): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  for (const name of rootFiles) {
    try {
      files.set(name, readFileSync(path.join(directory, name)));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return files;
}

/** Each is replaced in one step. Names that are not a server's are left out: a backup must not write elsewhere. */
export function writeRootFiles(directory: string, files: ReadonlyMap<string, Uint8Array>): void {
  for (const name of rootFiles) {
    const content = files.get(name);
    if (content !== undefined) writePrivateFile(path.join(directory, name), Buffer.from(content).toString('utf8'));
  }
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
