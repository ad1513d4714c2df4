/** Frame types, flags and settings of HTTP/2. Source: RFC 9113, sections 6 and 6.5.2. */
export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const flag = { ack: 0x1, endStream: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

export const frameHeadBytes = 9;
/** Of both ends, unless the peer asks for less or allows more. Bytes. */
export const defaultFrameBytes = 16_384;
export const defaultWindow = 65_535;
export const largestWindow = 2 ** 31 - 1;

export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export interface FrameHead {
  type: number;
  flags: number;
  stream: number;
}

export function writeHead(out: Buffer, at: number, length: number, { type, flags, stream }: FrameHead): void {
  out[at] = length >>> 16;
  out[at + 1] = length >>> 8;
  out[at + 2] = length;
  out[at + 3] = type;
  out[at + 4] = flags;
  out.writeUInt32BE(stream, at + 5);
}

export function frameHead(length: number, head: FrameHead): Buffer {
  const out = Buffer.allocUnsafe(frameHeadBytes);
  writeHead(out, 0, length, head);
  return out;
}

/** A frame whose payload is these 32-bit numbers. */
export function numbersFrame(head: FrameHead, ...numbers: number[]): Buffer {
  const out = Buffer.allocUnsafe(frameHeadBytes + 4 * numbers.length);
  writeHead(out, 0, 4 * numbers.length, head);
  numbers.forEach((number, i) => {
    out.writeUInt32BE(number >>> 0, frameHeadBytes + 4 * i);
  });
  return out;
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const out = Buffer.allocUnsafe(frameHeadBytes + 6 * settings.length);
  writeHead(out, 0, 6 * settings.length, { type: frameType.settings, flags: 0, stream: 0 });
  settings.forEach(([id, value], i) => {
    out.writeUInt16BE(id, frameHeadBytes + 6 * i);
    out.writeUInt32BE(value, frameHeadBytes + 6 * i + 2);
  });
  return out;
}

/** A header block, which lies behind room for the head of a frame, as HEADERS and CONTINUATIONs. */
export function headerFrames(stream: number, framed: Buffer, end: boolean): Buffer[] {
  const endStream = end ? flag.endStream : 0;
  const firstBytes = frameHeadBytes + defaultFrameBytes;
  if (framed.length <= firstBytes) {
    const flags = flag.endHeaders | endStream;
    writeHead(framed, 0, framed.length - frameHeadBytes, { type: frameType.headers, flags, stream });
    return [framed];
  }
  writeHead(framed, 0, defaultFrameBytes, { type: frameType.headers, flags: endStream, stream });
  const out = [framed.subarray(0, firstBytes)];
  for (let at = firstBytes; at < framed.length; at += defaultFrameBytes) {
    const part = framed.subarray(at, at + defaultFrameBytes);
    const flags = at + part.length === framed.length ? flag.endHeaders : 0;
    out.push(frameHead(part.length, { type: frameType.continuation, flags, stream }), part);
  }
  return out;
}

export function goAwayFrame(lastStream: number, code: number): Buffer {
  return numbersFrame({ type: frameType.goAway, flags: 0, stream: 0 }, lastStream, code);
}

export function resetFrame(stream: number, code: number): Buffer {
  return numbersFrame({ type: frameType.resetStream, flags: 0, stream }, code);
}

export function windowUpdateFrame(stream: number, by: number): Buffer {
  return numbersFrame({ type: frameType.windowUpdate, flags: 0, stream }, by);
}
