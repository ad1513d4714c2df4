/**
 * Writes the protobuf wire format (protobuf.dev, "Encoding"). Fields with the default value of proto3 are left out.
 * Nested messages are written by a callback into the same buffer.
 */
export class ProtobufWriter {
  private buffer: Buffer;
  private length = 0;

  constructor(initialBytes = 64 * 1024) {
    this.buffer = Buffer.allocUnsafe(initialBytes);
  }

  /** A copy of what was written. */
  finish(): Buffer {
    return Buffer.from(this.buffer.subarray(0, this.length));
  }

  string(field: number, value: string | undefined): void {
    if (value !== undefined && value !== '') this.element(field, value);
  }

  /** An element of a repeated field, written even when it is empty. */
  element(field: number, value: string): void {
    const bytes = Buffer.byteLength(value);
    this.varint((field << 3) | 2);
    this.varint(bytes);
    this.reserve(bytes);
    this.buffer.write(value, this.length, bytes, 'utf8');
    this.length += bytes;
  }

  strings(field: number, values: readonly string[] | undefined): void {
    if (values !== undefined) for (const value of values) this.element(field, value);
  }

  bool(field: number, value: boolean | undefined): void {
    if (value !== true) return;
    this.varint(field << 3);
    this.varint(1);
  }

  /** A bool inside a oneof, where false has to be written too. */
  chosenBool(field: number, value: boolean): void {
    this.varint(field << 3);
    this.varint(value ? 1 : 0);
  }

  /** Not for negative numbers. */
  int64(field: number, value: number | undefined): void {
    if (value === undefined || value === 0) return;
    this.varint(field << 3);
    this.varint(value);
  }

  double(field: number, value: number | undefined): void {
    if (value === undefined || value === 0) return;
    this.varint((field << 3) | 1);
    this.reserve(8);
    this.length = this.buffer.writeDoubleLE(value, this.length);
  }

  /** A nested message, written even when it is empty. */
  message(field: number, write: () => void): void {
    this.varint((field << 3) | 2);
    // The length comes before the content: leave one byte and make room if it takes more.
    this.reserve(1);
    const lengthAt = this.length++;
    write();
    const size = this.length - lengthAt - 1;
    const extra = varintSize(size) - 1;
    if (extra > 0) {
      this.reserve(extra);
      this.buffer.copyWithin(lengthAt + 1 + extra, lengthAt + 1, this.length);
    }
    this.length = lengthAt;
    this.varint(size);
    this.length += size;
  }

  private varint(value: number): void {
    this.reserve(10);
    let rest = value;
    while (rest > 0x7f) {
      this.buffer[this.length++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.buffer[this.length++] = rest;
  }

  private reserve(bytes: number): void {
    if (this.length + bytes <= this.buffer.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.buffer.length * 2, this.length + bytes));
    this.buffer.copy(grown, 0, 0, this.length);
    this.buffer = grown;
  }
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) size++;
  return size;
}
