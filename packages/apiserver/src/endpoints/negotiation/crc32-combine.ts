/** The polynomial of gzip's checksum, lowest power in the highest bit. Source: RFC 1952, 8. */
const polynomial = 0xedb88320;
const one = 0x80000000;

/** The product of two polynomials over GF(2), modulo that of the checksum. */
function product(a: number, b: number): number {
  let sum = 0;
  let shifted = b;
  for (let bit = one; bit !== 0; bit >>>= 1) {
    if ((a & bit) !== 0) sum ^= shifted;
    shifted = (shifted & 1) !== 0 ? (shifted >>> 1) ^ polynomial : shifted >>> 1;
  }
  return sum >>> 0;
}

/** What a checksum is multiplied by when so many octets follow: x to the power of their bits. */
export function shiftOf(octets: number): number {
  let power = one;
  // x to the power of 8, squared with each step.
  let square = one >>> 8;
  for (let left = octets; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power = product(power, square);
    square = product(square, square);
  }
  return power;
}

/** The CRC-32 of two texts together, from that of each and {@link shiftOf} the second one's length. */
export function combinedCrc32(first: number, second: number, shift: number): number {
  return (product(shift, first) ^ second) >>> 0;
}
