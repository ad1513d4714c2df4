import { ConnectionError, errorCode } from './connection-error.ts';
import { staticTable } from './hpack-tables.ts';
import { decodeHuffman } from './huffman.ts';

type Field = readonly [name: string, value: string];

/** Octets that the specification adds to each entry of a table. */
const entryOverhead = 32;
/** What we announce, which is the default. */
const maxTableBytes = 4096;

/** Header fields of one request: names in lower case, several values of a name joined. */
export type HeaderFields = Record<string, string>;

/**
 * HPACK for what comes in: the state of one connection. A malformed block ends the connection, since the tables of
 * both ends would differ from then on. Source: RFC 7541.
 */
export class HeaderDecoder {
  private readonly table: Field[] = [];
  private tableBytes = 0;
  private tableLimit = maxTableBytes;
  private bytes: Uint8Array = new Uint8Array(0);
  private at = 0;
  /** The last long literal and its text: bearer tokens are sent again and again without being indexed. */
  private lastLiteral: Buffer | undefined;
  private lastText = '';

  /** Calls `add` for each field, in order; it answers false when it has seen enough. */
  decode(block: Buffer, add: (name: string, value: string) => void): void {
    this.bytes = block;
    this.at = 0;
    let resizable = true;
    while (this.at < block.length) {
      const first = block[this.at] as number;
      if (first >= 0x80) {
        const [name, value] = this.entry(this.integer(7));
        add(name, value);
      } else if (first >= 0x40) {
        const field = this.literal(block, 6);
        this.remember(field);
        add(field[0], field[1]);
      } else if (first >= 0x20) {
        if (!resizable) throw malformed('a table size update behind header fields');
        this.resize(this.integer(5));
        continue;
      } else {
        const [name, value] = this.literal(block, 4);
        add(name, value);
      }
      resizable = false;
    }
  }

  private literal(block: Buffer, prefixBits: number): Field {
    const index = this.integer(prefixBits);
    const name = index === 0 ? this.text(block) : this.entry(index)[0];
    return [name, this.text(block)];
  }

  private entry(index: number): Field {
    const field = index <= staticTable.length ? staticTable[index - 1] : this.table[index - 1 - staticTable.length];
    if (field === undefined) throw malformed(`no table entry ${index}`);
    return field;
  }

  private integer(prefixBits: number): number {
    const most = (1 << prefixBits) - 1;
    let value = this.byte() & most;
    if (value < most) return value;
    for (let shift = 0; shift <= 21; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw malformed('an integer is too large');
  }

  private byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw malformed('the block ends early');
    this.at += 1;
    return byte;
  }

  private text(block: Buffer): string {
    const huffman = (block[this.at] ?? 0) >= 0x80;
    const length = this.integer(7);
    const start = this.at;
    const end = start + length;
    if (end > block.length) throw malformed('the block ends early');
    this.at = end;
    if (!huffman) return block.toString('latin1', start, end);
    if (length < shortLiteral) return decoded(block, start, end);
    if (this.lastLiteral?.equals(block.subarray(start, end)) === true) return this.lastText;
    this.lastText = decoded(block, start, end);
    this.lastLiteral = Buffer.from(block.subarray(start, end));
    return this.lastText;
  }

  private remember(field: Field): void {
    this.table.unshift(field);
    this.tableBytes += sizeOf(field);
    this.evict();
  }

  private resize(limit: number): void {
    if (limit > maxTableBytes) throw malformed('the table may not be so large');
    this.tableLimit = limit;
    this.evict();
  }

  private evict(): void {
    while (this.tableBytes > this.tableLimit) this.tableBytes -= sizeOf(this.table.pop() as Field);
  }
}

const shortLiteral = 32;

function decoded(block: Buffer, start: number, end: number): string {
  const text = decodeHuffman(block, start, end);
  if (text === undefined) throw malformed('a string is not well coded');
  return text;
}

function sizeOf([name, value]: Field): number {
  return name.length + value.length + entryOverhead;
}

function malformed(why: string): ConnectionError {
  return new ConnectionError(errorCode.compression, `malformed header block: ${why}`);
}
