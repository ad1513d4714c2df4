import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProtobufWriter } from './protobuf-writer.ts';
import { readMessage } from './testing/protobuf-reader.ts';

const written = (write: (out: ProtobufWriter) => void, initialBytes?: number): Buffer => {
  const out = new ProtobufWriter(initialBytes);
  write(out);
  return out.finish();
};

describe('ProtobufWriter', () => {
  it('writes the examples of the encoding guide', () => {
    expect(written((out) => out.int64(1, 150)).toString('hex')).toBe('089601');
    expect(written((out) => out.string(2, 'testing')).toString('hex')).toBe('120774657374696e67');
    expect(written((out) => out.message(3, () => out.int64(1, 150))).toString('hex')).toBe('1a03089601');
  });

  it('leaves out default values, except inside a oneof and in repeated fields', () => {
    const bytes = written((out) => {
      out.string(1, '');
      out.string(1, undefined);
      out.bool(2, false);
      out.int64(3, 0);
      out.double(4, 0);
    });
    expect(bytes.length).toBe(0);
    expect(written((out) => out.chosenBool(2, false)).toString('hex')).toBe('1000');
    expect(written((out) => out.strings(1, ['', 'a'])).toString('hex')).toBe('0a000a0161');
  });

  it('writes doubles in little endian', () => {
    expect(written((out) => out.double(1, -1.5)).toString('hex')).toBe('09000000000000f8bf');
  });

  it('writes integers up to 2^53', () => {
    expect(readMessage(written((out) => out.int64(1, Number.MAX_SAFE_INTEGER)))).toEqual([
      { field: 1, value: BigInt(Number.MAX_SAFE_INTEGER) },
    ]);
  });

  it('nests messages of any length, whatever the size of its buffer', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', maxLength: 300 }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 64 }),
        (texts, size) => {
          const bytes = written((out) => {
            out.message(1, () => out.message(2, () => out.strings(3, texts)));
            out.string(4, 'end');
          }, size);
          const [outer, end] = readMessage(bytes);
          const [inner] = readMessage(outer!.value as Buffer);
          expect(readMessage(inner!.value as Buffer).map((f) => String(f.value))).toEqual(texts);
          expect(end).toEqual({ field: 4, value: Buffer.from('end') });
        },
      ),
    );
  });
});
