/**
 * Order of two resource versions: negative, zero or positive; undefined when either is not a decimal number, for then
 * nothing but equality is known. Servers of Kubernetes promise the numbers (KEP-5504).
 */
export function compareVersions(a: string, b: string): number | undefined {
  if (a === b) return 0;
  if (!isNumber(a) || !isNumber(b)) return undefined;
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}

function isNumber(text: string): boolean {
  if (text.length === 0 || (text.length > 1 && text.charCodeAt(0) === 0x30)) return false;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x30 || c > 0x39) return false;
  }
  return true;
}
