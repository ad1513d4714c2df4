import type { Readable } from 'node:stream';

const newline = 10;

/** Calls `line` with each line of a byte stream, without its end. The bytes are valid during the call only. */
export function eachLine(stream: Readable, line: (bytes: Buffer) => void): void {
  stream.on('data', lineReader(line));
}

/** How many lines a byte stream has; cheaper than looking at them. */
export function countLines(stream: Readable, counted: (lines: number) => void): void {
  stream.on('data', lineCounter(counted));
}

/** Takes a stream piece by piece; a piece may be used again afterwards. */
export function lineReader(line: (bytes: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
      line(bytes.subarray(start, end));
      start = end + 1;
    }
    rest = Buffer.from(bytes.subarray(start));
  };
}

export function lineCounter(counted: (lines: number) => void): (chunk: Buffer) => void {
  return (chunk) => {
    let lines = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, end + 1)) lines += 1;
    if (lines > 0) counted(lines);
  };
}
