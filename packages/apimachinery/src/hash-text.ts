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

const chunkDigits = 8;
const chunk62 = 62n ** BigInt(chunkDigits);

/** Empty if all bytes are zero. */
function toText(bytes: Uint8Array, digits: string): string {
  let value = numberOf(bytes);
  if (digits.length === 36) return value === 0n ? '' : value.toString(36);
  let text = '';
  while (value > 0n) {
    let chunk = Number(value % chunk62);
    value /= chunk62;
    for (let i = 0; i < chunkDigits && (value > 0n || chunk > 0); i++) {
      text = (digits[chunk % 62] as string) + text;
      chunk = Math.floor(chunk / 62);
    }
  }
  return text;
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function numberOf(bytes: Uint8Array): bigint {
  let hex = '0x';
  for (let i = 0; i < bytes.length; i++) hex += hexOfByte[bytes[i] as number];
  return bytes.length === 0 ? 0n : BigInt(hex);
}
