import { huffmanLengths } from './hpack-tables.ts';

/**
 * The code as a binary tree: node `n` has its branches at `2n` and `2n + 1`. A positive entry is a node, a negative one the
 * byte `-1 - entry`, 0 leads nowhere.
 */
const tree = buildTree();

function buildTree(): Int16Array {
  const branches = new Int16Array(1024);
  const bytes = Array.from(huffmanLengths, (_, byte) => byte).sort((a, b) => lengthOf(a) - lengthOf(b) || a - b);
  let nodes = 1;
  let code = 0;
  let length = lengthOf(bytes[0] as number);
  for (const byte of bytes) {
    code <<= lengthOf(byte) - length;
    length = lengthOf(byte);
    let node = 0;
    for (let bit = length - 1; bit > 0; bit--) {
      const at = 2 * node + ((code >>> bit) & 1);
      if (branches[at] === 0) branches[at] = nodes++;
      node = branches[at] as number;
    }
    branches[2 * node + (code & 1)] = -1 - byte;
    code += 1;
  }
  return branches;
}

function lengthOf(byte: number): number {
  return Number.parseInt(huffmanLengths[byte] as string, 36);
}

let scratch = Buffer.allocUnsafe(4096);

/** The text of a Huffman-coded string, one character per byte; undefined when it is not well formed (RFC 7541, 5.2). */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number): string | undefined {
  const most = Math.ceil(((end - start) * 8) / 5);
  if (scratch.length < most) scratch = Buffer.allocUnsafe(most);
  let length = 0;
  let node = 0;
  /** Bits since the last whole code, and whether all of them were ones: what padding looks like. */
  let pending = 0;
  let ones = true;
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    for (let bit = 7; bit >= 0; bit--) {
      const branch = (byte >>> bit) & 1;
      const next = tree[2 * node + branch] as number;
      if (next < 0) {
        scratch[length++] = -1 - next;
        node = 0;
        pending = 0;
        ones = true;
      } else if (next === 0) return undefined;
      else {
        node = next;
        pending += 1;
        if (branch === 0) ones = false;
      }
    }
  }
  return pending < 8 && ones ? scratch.toString('latin1', 0, length) : undefined;
}
