import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { temporaryDirectory } from '../harness/canopy-process.ts';

/** A file system of its own that is easily filled. */
export interface SmallDisk {
  path: string;
  /** Takes so many bytes, which `free` gives back. */
  occupy(bytes: number): void;
  /** Takes whatever is left. */
  occupyRest(): void;
  free(): void;
  remove(): void;
}

/** Why there can be none here; undefined when there can. */
export function smallDiskMissing(): string | undefined {
  if (process.platform !== 'linux') return 'tmpfs is of Linux';
  if (process.getuid?.() !== 0) return 'only root may mount';
  const disk = mountSmallDisk(1);
  if (typeof disk === 'string') return disk;
  disk.remove();
  return undefined;
}

/** A tmpfs of so many MiB; in words, why not. */
function mountSmallDisk(mebibytes: number): SmallDisk | string {
  const directory = temporaryDirectory();
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', directory.path]);
  if (status !== 0) {
    directory.remove();
    return `mount failed: ${String(stderr).trim()}`;
  }
  const ballast = path.join(directory.path, 'ballast');
  return {
    path: directory.path,
    occupy: (bytes) => writeFileSync(ballast, new Uint8Array(bytes)),
    occupyRest() {
      const file = openSync(ballast, 'a');
      try {
        for (let size = 65_536; size >= 1; size /= 2) fillBy(file, size);
      } finally {
        closeSync(file);
      }
    },
    free: () => rmSync(ballast),
    remove() {
      spawnSync('umount', ['--lazy', directory.path]);
      directory.remove();
    },
  };
}

/** @throws Error when it cannot be mounted */
export function smallDisk(mebibytes: number): SmallDisk {
  const disk = mountSmallDisk(mebibytes);
  if (typeof disk === 'string') throw new Error(disk);
  return disk;
}

function fillBy(file: number, size: number): void {
  const bytes = new Uint8Array(size);
  try {
    for (;;) writeSync(file, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
