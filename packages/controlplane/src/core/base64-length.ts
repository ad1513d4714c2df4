/** How many bytes a base64 text stands for, without decoding it. */
export function base64ByteLength(text: string): number {
  let { length } = text;
  while (length > 0 && text.charCodeAt(length - 1) === 0x3d) length--;
  return Math.floor((length * 3) / 4);
}
