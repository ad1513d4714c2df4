/** The whole body in one piece. */
export async function readBody(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  let first: Uint8Array | undefined;
  let rest: Uint8Array[] | undefined;
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (first === undefined) first = piece;
    else if (rest === undefined) rest = [first, piece];
    else rest.push(piece);
  }
  if (rest === undefined) return first ?? new Uint8Array(0);
  const whole = new Uint8Array(size);
  let offset = 0;
  for (const piece of rest) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}

/**
 * The lines of a body without their newlines; empty ones are left out.
 *
 * @throws RangeError when a line is longer than `maxBytes`
 */
export async function* readLines(body: AsyncIterable<Uint8Array>, maxBytes = 64 << 20): AsyncGenerator<Uint8Array> {
  let pending: Uint8Array[] = [];
  let pendingSize = 0;
  for await (const piece of body) {
    let start = 0;
    for (let end = piece.indexOf(0x0a); end >= 0; end = piece.indexOf(0x0a, start)) {
      const tail = piece.subarray(start, end);
      start = end + 1;
      const line = pendingSize === 0 ? tail : joined(pending, pendingSize, tail);
      if (pendingSize > 0) [pending, pendingSize] = [[], 0];
      if (line.length > 0) yield line;
    }
    if (start < piece.length) {
      pending.push(piece.subarray(start));
      pendingSize += piece.length - start;
      if (pendingSize > maxBytes) throw new RangeError(`a line of the response exceeds ${maxBytes} bytes`);
    }
  }
  if (pendingSize > 0) yield joined(pending, pendingSize, new Uint8Array(0));
}

function joined(pieces: readonly Uint8Array[], size: number, tail: Uint8Array): Uint8Array {
  const line = new Uint8Array(size + tail.length);
  let offset = 0;
  for (const piece of pieces) {
    line.set(piece, offset);
    offset += piece.length;
  }
  line.set(tail, offset);
  return line;
}
