export interface WireField {
  field: number;
  /** Varints as bigint, doubles as number, everything else as bytes. */
  value: bigint | number | Buffer;
}

/** Splits a message into its fields, in the order in which they were written. */
export function readMessage(bytes: Buffer): WireField[] {
  const fields: WireField[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = Number(varint());
    const field = tag >> 3;
    switch (tag & 7) {
      case 0:
        fields.push({ field, value: varint() });
        break;
      case 1:
        fields.push({ field, value: bytes.readDoubleLE(at) });
        at += 8;
        break;
      case 2: {
        const length = Number(varint());
        fields.push({ field, value: bytes.subarray(at, at + length) });
        at += length;
        break;
      }
      default:
        throw new Error(`wire type ${tag & 7} at ${at}`);
    }
  }
  return fields;
}

/** Follows a path of field numbers to the first value. */
export function valueAt(bytes: Buffer, path: readonly number[]): WireField['value'] | undefined {
  let current: WireField['value'] | undefined = bytes;
  for (const field of path) {
    if (!Buffer.isBuffer(current)) return undefined;
    current = readMessage(current).find((f) => f.field === field)?.value;
  }
  return current;
}

/** Value of an entry of a repeated Named… field (name = 1, value = 2). */
export function entryOf(bytes: Buffer, field: number, name: string): Buffer | undefined {
  for (const entry of readMessage(bytes)) {
    if (entry.field !== field || !Buffer.isBuffer(entry.value)) continue;
    if (String(valueAt(entry.value, [1])) === name) return valueAt(entry.value, [2]) as Buffer | undefined;
  }
  return undefined;
}
