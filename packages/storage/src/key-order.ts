/**
 * The order of keys is that of their UTF-8 bytes, which is the order of code points. JavaScript's own string order
 * compares UTF-16 units and differs from it for characters beyond U+FFFF.
 */

/** Negative, zero or positive, as for `Array.prototype.sort`. Both strings must be well-formed. */
export function compareKeys(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** Moves surrogates, which stand for code points beyond U+FFFF, behind all other units. */
function codePointRank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/** The smallest string greater than all strings that start with `prefix`; undefined when there is none. */
export function prefixEnd(prefix: string): string | undefined {
  let rest = prefix;
  while (rest !== '') {
    const low = rest.charCodeAt(rest.length - 1);
    const start = low >= 0xdc00 && low <= 0xdfff ? rest.length - 2 : rest.length - 1;
    const codePoint = rest.codePointAt(start) ?? 0;
    rest = rest.slice(0, start);
    if (codePoint < 0x10ffff) return rest + String.fromCodePoint(codePoint === 0xd7ff ? 0xe000 : codePoint + 1);
  }
  return undefined;
}

/** The smallest key (keys have no NUL) below `prefix` that is strictly greater than `after`, inclusive. */
export function rangeStart(prefix: string, after: string | undefined): string {
  return after === undefined || compareKeys(after, prefix) < 0 ? prefix : `${after}\u0000`;
}
