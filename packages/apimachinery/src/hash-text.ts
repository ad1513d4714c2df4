/**
 * Text of hashes in base 36 and base 62, as names of logical clusters and identities have them: the bytes are read as
 * one big-endian number. The plain form drops leading zero bytes, the padded one writes a `0` for each of them.
 */
const digits36 = '0123456789abcdefghijklmnopqrstuvwxyz';
const digits62 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

export function base36(bytes: Uint8Array): string {
  return toText(bytes, digits36);
}

export function base36Padded(bytes: Uint8Array): string {
  return padding(bytes) + toText(bytes, digits36);
}

export function base62(bytes: Uint8Array): string {
  return toText(bytes, digits62);
}

export function base62Padded(bytes: Uint8Array): string {
  return padding(bytes) + toText(bytes, digits62);
}

function padding(bytes: Uint8Array): string {
  let zeros = 0;
  while (zeros < bytes.length && bytes[zeros] === 0) zeros++;
  return '0'.repeat(zeros);
}

/** Empty if all bytes are zero. */
function toText(bytes: Uint8Array, digits: string): string {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  if (digits.length === 36) return value === 0n ? '' : value.toString(36);
  const base = BigInt(digits.length);
  let text = '';
  for (; value > 0n; value /= base) text = digits[Number(value % base)] + text;
  return text;
}
