import { Duplex } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { flushOutputs, Output } from './output.ts';

const kib = 1024;

/** Outputs that have all sent so much in the turn that has just ended; their sockets took it. */
function afterTurnOf(count: number, bytes: number): Output[] {
  const outputs = Array.from({ length: count }, () => {
    const socket = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
    return new Output(socket, () => undefined);
  });
  // Others' of before.
  flushOutputs();
  for (const output of outputs) output.push(Buffer.alloc(bytes));
  flushOutputs();
  return outputs;
}

/** What one may have unsent before it takes no more, to the KiB. */
function roomOf(output: Output): number {
  let room = 0;
  for (; !output.isCongested; room++) output.push(Buffer.alloc(kib));
  return room - 1;
}

describe('what is sent in a turn', () => {
  it('is much of one connection, and equal parts of many that send much', () => {
    expect(afterTurnOf(1, 300 * kib).map(roomOf)).toEqual([256]);
    expect(afterTurnOf(8, 300 * kib).map(roomOf)).toEqual(new Array(8).fill(64));
    expect(afterTurnOf(100, 40 * kib).map(roomOf)).toEqual(new Array(100).fill(32));
  });

  it('is no less because many others say a little', () => {
    expect(roomOf(afterTurnOf(100, kib)[0] as Output)).toBe(256);
  });
});
