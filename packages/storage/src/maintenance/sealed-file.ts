import { createHash } from 'node:crypto';
import { closeSync, constants, fstatSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import path from 'node:path';
import { StorageError } from '../storage-error.ts';

/**
 * A backup is a database file with one line behind it, the SHA-256 of all bytes before. SQLite takes the number of pages
 * from the header and ignores what follows, so the file can be opened as it is.
 */
const sealPattern = /^\ncanopy-backup-1 sha256:([0-9a-f]{64})\n$/;
const sealLength = '\ncanopy-backup-1 sha256:\n'.length + 64;
const chunkBytes = 1024 * 1024;

/** Appends the seal and makes the file durable. Returns the hash, in hexadecimal. */
export function seal(file: string): string {
  const handle = openSync(file, constants.O_RDWR);
  try {
    const { size } = fstatSync(handle);
    const sha256 = hashOf(handle, size);
    writeAll(handle, Buffer.from(`\ncanopy-backup-1 sha256:${sha256}\n`), size);
    fsyncSync(handle);
    return sha256;
  } finally {
    closeSync(handle);
  }
}

/** Whether the file ends in a seal. Throws `StorageFailed` when it does and the bytes before are others. */
export function verifySeal(file: string): boolean {
  const handle = openForReading(file);
  try {
    const found = readSeal(handle);
    if (found === undefined) return false;
    if (hashOf(handle, found.size) !== found.sha256) throw damaged(file);
    return true;
  } finally {
    closeSync(handle);
  }
}

/** Copies what is sealed to a new file of mode 0600, and compares the hash of what was copied. Throws `StorageFailed`. */
export function copySealed(file: string, target: string): void {
  const from = openForReading(file);
  let to: number | undefined;
  try {
    const found = readSeal(from);
    if (found === undefined) throw new StorageError('StorageFailed', `${file} is not a backup, or not a complete one`);
    to = openSync(target, 'wx', 0o600);
    const copy = to;
    if (hashOf(from, found.size, (chunk, at) => writeAll(copy, chunk, at)) !== found.sha256) throw damaged(file);
  } finally {
    closeSync(from);
    if (to !== undefined) closeSync(to);
  }
}

/** Makes a file, or the entries of a directory, durable. */
export function syncPath(file: string): void {
  const handle = openSync(file, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

export function syncDirectoryOf(file: string): void {
  syncPath(path.dirname(path.resolve(file)));
}

function damaged(file: string): StorageError {
  return new StorageError('StorageFailed', `${file} is damaged: its checksum does not match`);
}

function openForReading(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw new StorageError('StorageFailed', `cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
}

function readSeal(handle: number): { sha256: string; size: number } | undefined {
  const size = fstatSync(handle).size - sealLength;
  if (size < 0) return undefined;
  const line = Buffer.alloc(sealLength);
  readSync(handle, line, 0, sealLength, size);
  const sha256 = sealPattern.exec(line.toString('latin1'))?.[1];
  return sha256 === undefined ? undefined : { sha256, size };
}

function hashOf(handle: number, size: number, onChunk?: (chunk: Buffer, at: number) => void): string {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(Math.min(chunkBytes, Math.max(size, 1)));
  for (let at = 0; at < size; ) {
    const length = readSync(handle, buffer, 0, Math.min(buffer.length, size - at), at);
    if (length === 0) throw new StorageError('StorageFailed', 'a file became shorter while it was read');
    const chunk = buffer.subarray(0, length);
    hash.update(chunk);
    onChunk?.(chunk, at);
    at += length;
  }
  return hash.digest('hex');
}

function writeAll(handle: number, chunk: Buffer, at: number): void {
  for (let done = 0; done < chunk.length; ) done += writeSync(handle, chunk, done, chunk.length - done, at + done);
}
