export const frameType = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, windowUpdate: 8 } as const;
export const frameFlag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8 } as const;
export const headBytes = 9;

/** The nine octets before a payload of `length` bytes. */
export function frameHead(length: number, type: number, flags: number, stream: number): Buffer {
  const out = Buffer.allocUnsafe(headBytes);
  out.writeUIntBE(length, 0, 3);
  out[3] = type;
  out[4] = flags;
  out.writeUInt32BE(stream, 5);
  return out;
}

export function settingsFrame(...values: (readonly [number, number])[]): Buffer {
  const payload = Buffer.alloc(6 * values.length);
  values.forEach(([name, value], i) => {
    payload.writeUInt16BE(name, 6 * i);
    payload.writeUInt32BE(value, 6 * i + 2);
  });
  return Buffer.concat([frameHead(payload.length, frameType.settings, 0, 0), payload]);
}

/** Of the connection. */
export function windowUpdateFrame(bytes: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(bytes);
  return Buffer.concat([frameHead(4, frameType.windowUpdate, 0, 0), payload]);
}
