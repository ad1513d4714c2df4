import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';
import { combinedCrc32, shiftOf } from './crc32-combine.ts';

const deflateRawAsync = promisify(deflateRaw);

interface Deflated {
  bytes: Buffer;
  crc: number;
  /** Of the length before compression, for {@link combinedCrc32}. */
  shift: number;
}

const deflated = new WeakMap<Uint8Array, Promise<Deflated>>();

/** Magic, deflate, no flags, no time, fastest, unknown system. Source: RFC 1952, 2.3. */
const gzipHead = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 0xff]);
const longestStored = 0xffff;

/**
 * One gzip member of three parts. What the middle is compressed to is remembered as long as the middle lives, so an answer
 * that differs from others only in its beginning costs next to nothing. The ends are stored as they are.
 */
export async function gzipPieces(start: Buffer, middle: Buffer, end: Buffer): Promise<Buffer[]> {
  const { bytes, crc, shift } = await deflatedOnce(middle);
  const trailer = Buffer.allocUnsafe(8);
  trailer.writeUInt32LE(crc32(end, combinedCrc32(crc32(start), crc, shift)), 0);
  trailer.writeUInt32LE((start.length + middle.length + end.length) % 2 ** 32, 4);
  return [
    Buffer.concat([gzipHead, ...storedBlocks(start, false)]),
    bytes,
    Buffer.concat([...storedBlocks(end, true), trailer]),
  ];
}

/** Blocks that end at a whole octet and are not the last ones. Runs on the thread pool; level 1, as a client waits. */
function deflatedOnce(bytes: Buffer): Promise<Deflated> {
  let known = deflated.get(bytes);
  if (known === undefined) {
    known = deflate(bytes);
    deflated.set(bytes, known);
  }
  return known;
}

async function deflate(bytes: Buffer): Promise<Deflated> {
  return {
    bytes: await deflateRawAsync(bytes, { level: 1, finishFlush: constants.Z_SYNC_FLUSH }),
    crc: crc32(bytes),
    shift: shiftOf(bytes.length),
  };
}

/** Uncompressed blocks, which have to begin at a whole octet. Source: RFC 1951, 3.2.4. */
function storedBlocks(bytes: Buffer, final: boolean): Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += longestStored) {
    const part = bytes.subarray(at, at + longestStored);
    const head = Buffer.allocUnsafe(5);
    head[0] = final && at + part.length === bytes.length ? 1 : 0;
    head.writeUInt16LE(part.length, 1);
    head.writeUInt16LE(longestStored - part.length, 3);
    blocks.push(head, part);
  }
  return blocks;
}
