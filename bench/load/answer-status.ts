/** Answers with these statuses are entries of the static table, the first of them the eighth. Source: RFC 7541, appendix A. */
const staticStatuses = [200, 204, 206, 304, 400, 404, 500];
const firstStaticStatus = 8;
const lastStaticStatus = firstStaticStatus + staticStatuses.length - 1;

/**
 * The status of an answer, whose header block begins with it, to a client that has announced a table of no size: so a static
 * entry, or a literal with the name of one. 0 for anything else. Source: RFC 7541, 6.
 */
export function statusOf(bytes: Buffer, start: number): number {
  let at = start;
  // Sizes of the table; those above 30 take more than this octet, and no server that was told 0 sends them.
  while (((bytes[at] as number) & 0xe0) === 0x20) at += 1;
  const first = bytes[at] as number;
  if (first >= 0x80) return staticStatuses[(first & 0x7f) - firstStaticStatus] ?? 0;
  const name = first >= 0x40 ? first & 0x3f : first & 0x0f;
  if (name < firstStaticStatus || name > lastStaticStatus) return 0;
  const length = bytes[at + 1] as number;
  return length < 0x80
    ? Number(bytes.toString('latin1', at + 2, at + 2 + length))
    : digits(bytes, at + 2, (length & 0x7f) * 8);
}

/** Three digits in Huffman's code: 0 to 2 are the numbers themselves in five bits, 3 to 9 are 25 to 31 in six. Source: RFC 7541, appendix B. */
function digits(bytes: Buffer, start: number, bits: number): number {
  const bitAt = (i: number): number => ((bytes[start + (i >> 3)] as number) >> (7 - (i & 7))) & 1;
  let number = 0;
  let at = 0;
  for (let digit = 0; digit < 3; digit++) {
    if (at + 5 > bits) return 0;
    let code = 0;
    for (let i = 0; i < 5; i++) code = (code << 1) | bitAt(at++);
    if (code > 2) code = ((code << 1) | bitAt(at++)) - 22;
    number = number * 10 + code;
  }
  return number;
}
