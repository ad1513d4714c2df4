import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionError } from './connection-error.ts';
import { FrameReader } from './frame-reader.ts';
import { flag, frameHeadBytes, frameType, headerFrames } from './frames.ts';
import { HeaderDecoder } from './header-decoder.ts';
import { encodeHeaders } from './header-encoder.ts';

function decode(decoder: HeaderDecoder, hex: string): [string, string][] {
  const fields: [string, string][] = [];
  decoder.decode(Buffer.from(hex.replaceAll(' ', ''), 'hex'), (name, value) => fields.push([name, value]));
  return fields;
}

describe('decoding header blocks', () => {
  it('reads the requests of RFC 7541, C.3 and C.4, with a table that grows', () => {
    for (const blocks of [
      [
        '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
        '8286 84be 5808 6e6f 2d63 6163 6865',
        '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
      ],
      [
        '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
        '8286 84be 5886 a8eb 1064 9cbf',
        '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
      ],
    ]) {
      const decoder = new HeaderDecoder();
      const [first, second, third] = blocks as [string, string, string];
      const common = [
        [':method', 'GET'],
        [':scheme', 'http'],
        [':path', '/'],
        [':authority', 'www.example.com'],
      ];
      expect(decode(decoder, first)).toEqual(common);
      expect(decode(decoder, second)).toEqual([...common, ['cache-control', 'no-cache']]);
      expect(decode(decoder, third)).toEqual([
        [':method', 'GET'],
        [':scheme', 'https'],
        [':path', '/index.html'],
        [':authority', 'www.example.com'],
        ['custom-key', 'custom-value'],
      ]);
    }
  });

  it('evicts what no longer fits into the table', () => {
    const decoder = new HeaderDecoder();
    // Size 64: room for one entry of 32 + 15 octets; the second pushes the first out.
    expect(decode(decoder, `3f21 4001 61 0e${'62'.repeat(14)}`)).toEqual([['a', 'b'.repeat(14)]]);
    expect(decode(decoder, `4001 63 0e${'64'.repeat(14)}`)).toEqual([['c', 'd'.repeat(14)]]);
    expect(decode(decoder, 'be')).toEqual([['c', 'd'.repeat(14)]]);
    expect(() => decode(decoder, 'bf')).toThrow(ConnectionError);
  });

  it('gives a long value that is sent again, and one that differs in a byte', () => {
    const decoder = new HeaderDecoder();
    // 40 times "0" is 25 octets; twice that is past the length from which values are remembered.
    const zeros = '00'.repeat(50);
    expect(decode(decoder, `1001 61 b2 ${zeros}`)).toEqual([['a', '0'.repeat(80)]]);
    expect(decode(decoder, `1001 61 b2 ${zeros}`)).toEqual([['a', '0'.repeat(80)]]);
    expect(decode(decoder, `1001 61 b2 ${'00'.repeat(45)}0842108421`)[0]?.[1]).toBe(`${'0'.repeat(72)}11111111`);
  });

  it.each([
    ['80', 'index 0'],
    ['ff80808080', 'an integer without end'],
    ['be', 'an entry that is not there'],
    ['4003 6162', 'text that ends early'],
    ['0001 61 81 00', 'padding with zeros'],
    ['0001 61 82 1fff', 'padding of a whole octet'],
    ['0001 61 84 ffffffff', 'the end of the string inside it'],
    ['82 20', 'a table size behind a field'],
    ['3fe2 1f', 'a table larger than announced'],
  ])('refuses %s: %s', (hex) => {
    expect(() => decode(new HeaderDecoder(), hex)).toThrow(ConnectionError);
  });

  it('never does anything but decode or refuse', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          new HeaderDecoder().decode(Buffer.from(bytes), (name, value) => {
            expect(typeof name + typeof value).toBe('stringstring');
          });
        } catch (error) {
          expect(error).toBeInstanceOf(ConnectionError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

const ascii = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 300,
});

describe('encoding header blocks', () => {
  it('is what a decoder reads back', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 100, max: 599 }),
        fc.dictionary(fc.stringMatching(/^[a-z][a-z-]{0,150}$/), ascii),
        (status, headers) => {
          const fields: [string, string][] = [];
          new HeaderDecoder().decode(encodeHeaders(status, headers), (name, value) => fields.push([name, value]));
          expect(fields).toEqual([[':status', String(status)], ...Object.entries(headers)]);
        },
      ),
    );
  });

  it('leaves in frames that the peer takes, however long it is', () => {
    const headers = { warning: 'x'.repeat(40_000), 'audit-id': 'a' };
    const whole = encodeHeaders(200, headers);
    const frames: { type: number; flags: number; payload: Buffer }[] = [];
    const reader = new FrameReader(({ type, flags }, payload) => frames.push({ type, flags, payload }));
    for (const part of headerFrames(3, encodeHeaders(200, headers, frameHeadBytes), true)) reader.push(part);
    expect(frames.map(({ type }) => type)).toEqual([frameType.headers, frameType.continuation, frameType.continuation]);
    expect(frames.map(({ flags }) => flags)).toEqual([flag.endStream, 0, flag.endHeaders]);
    expect(Buffer.concat(frames.map(({ payload }) => payload))).toEqual(whole);
    const [only] = headerFrames(3, encodeHeaders(204, {}, frameHeadBytes), false);
    expect(only).toEqual(Buffer.from([0, 0, 1, frameType.headers, flag.endHeaders, 0, 0, 0, 3, 0x89]));
  });
});
