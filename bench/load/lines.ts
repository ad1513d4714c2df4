import type { Readable } from 'node:stream';

const newline = 10;

/** Calls `line` with each line of a byte stream, without its end. The bytes are valid during the call only. */
export function eachLine(stream: Readable, line: (bytes: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(newline); end !== -1; end = bytes.indexOf(newline, start)) {
      line(bytes.subarray(start, end));
      start = end + 1;
    }
    rest = bytes.subarray(start);
  });
}

/** How many lines a byte stream has; cheaper than looking at them. */
export function countLines(stream: Readable, counted: (lines: number) => void): void {
  stream.on('data', (chunk: Buffer) => {
    let lines = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, end + 1)) lines += 1;
    if (lines > 0) counted(lines);
  });
}
