import { expect, it } from 'vitest';
import { statusOf } from './answer-status.ts';

/** Octets of Huffman's code for digits, padded with ones. Source: RFC 7541, appendix B. */
function huffman(text: string): number[] {
  const bits = [...text].map((digit) =>
    Number(digit) < 3 ? Number(digit).toString(2).padStart(5, '0') : (Number(digit) + 22).toString(2).padStart(6, '0'),
  );
  const padded = bits.join('').padEnd(Math.ceil(bits.join('').length / 8) * 8, '1');
  return (padded.match(/.{8}/g) ?? []).map((octet) => Number.parseInt(octet, 2));
}

it('A status is read from every form that servers give it', () => {
  for (const [i, status] of [200, 204, 206, 304, 400, 404, 500].entries())
    expect(statusOf(Buffer.from([0x88 + i]), 0)).toBe(status);
  for (let status = 100; status < 600; status++) {
    const text = String(status);
    const coded = huffman(text);
    for (const kind of [0x48, 0x08, 0x18]) {
      expect(statusOf(Buffer.from([kind, 3, ...Buffer.from(text)]), 0)).toBe(status);
      expect(statusOf(Buffer.from([9, 9, 0x20, kind, 0x80 | coded.length, ...coded, 0x5f]), 2)).toBe(status);
    }
  }
});

it('What is no status is 0', () => {
  for (const octets of [[0xbe], [0x82], [0x40, 3, 0x61], [0x58, 1, 0x61]])
    expect(statusOf(Buffer.from(octets), 0)).toBe(0);
});
