import { WireError } from './wire-error.ts';

const decoder = new TextDecoder('utf-8');

/** Reads the protobuf wire format (protobuf.dev, "Encoding"). Every read is checked against the end of the bytes. */
export class WireReader {
  private readonly data: Uint8Array;
  private readonly view: DataView;
  private at = 0;

  constructor(data: Uint8Array) {
    this.data = data;
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  get done(): boolean {
    return this.at >= this.data.length;
  }

  /** The next field's number and wire type; undefined at the end. */
  next(): { number: number; type: number } | undefined {
    if (this.done) return undefined;
    const tag = Number(this.varint());
    const number = Math.floor(tag / 8);
    if (number === 0) throw new WireError('field number 0');
    return { number, type: tag % 8 };
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.data[this.at];
      if (byte === undefined) throw new WireError('the message is cut off');
      this.at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new WireError('a number is too long');
  }

  bytes(): Uint8Array {
    const length = Number(this.varint());
    const end = this.at + length;
    if (end > this.data.length) throw new WireError('the message is cut off');
    const bytes = this.data.subarray(this.at, end);
    this.at = end;
    return bytes;
  }

  text(): string {
    return decoder.decode(this.bytes());
  }

  double(): number {
    const value = this.checked(8).getFloat64(this.at, true);
    this.at += 8;
    return value;
  }

  float(): number {
    const value = this.checked(4).getFloat32(this.at, true);
    this.at += 4;
    return value;
  }

  private checked(length: number): DataView {
    if (this.at + length > this.data.length) throw new WireError('the message is cut off');
    return this.view;
  }

  skip(type: number): void {
    if (type === 0) this.varint();
    else if (type === 1) this.double();
    else if (type === 2) this.bytes();
    else if (type === 5) this.float();
    else throw new WireError(`wire type ${type} is not supported`);
  }
}
