import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Reading, ReadingTurns } from './reading-turns.ts';

const eachTakesMs = 0.1;

/** Connections that have requests to read, and an event loop whose turns are made by hand. */
class Readers {
  time = 0;
  private callbacks: (() => void)[] = [];
  readonly turns: ReadingTurns;
  /** Names of connections, in the order in which their requests were read. */
  readonly read: string[] = [];

  constructor(requestsEach: number, ms: number, inLineEach = 1000) {
    const afterInput = (callback: () => void): void => void this.callbacks.push(callback);
    this.turns = new ReadingTurns({ requestsEach, inLineEach, ms, now: () => this.time, afterInput });
  }

  /** Sends requests that come in now. With `lining`, each of them waits in line from then on. */
  send(name: string, count: number, lining = false): Reading {
    let left = count;
    const take = (): void => {
      left -= 1;
      if (lining) this.turns.waits(reading, true);
      this.read.push(name);
      this.time += eachTakesMs;
    };
    const reading: Reading = {
      readInTurn: 0,
      turn: 0,
      inLine: 0,
      waitsForLine: false,
      readOn: () => {
        take();
        while (left > 0 && this.turns.mayRead(reading)) take();
      },
    };
    while (left > 0 && this.turns.mayRead(reading)) take();
    return reading;
  }

  turn(): boolean {
    const callbacks = this.callbacks.splice(0);
    for (const callback of callbacks) callback();
    return callbacks.length > 0;
  }
}

describe('reading in turns', () => {
  it('lets a connection with few requests read them all at once, whatever the others have', () => {
    const readers = new Readers(2, 0.5);
    readers.send('many', 1000);
    expect(readers.read.length).toBeLessThanOrEqual(6);
    readers.send('few', 2);
    expect(readers.read.slice(-2)).toEqual(['few', 'few']);
    readers.turn();
    readers.send('few', 2);
    expect(readers.read.slice(-2)).toEqual(['few', 'few']);
  });

  it('reads everything in the end, and in no turn more than the slice and a few of each', () => {
    const counts = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 5 }), fc.nat(20), (requests, each, tenths) => {
        const readers = new Readers(each, tenths / 10);
        requests.forEach((count, i) => {
          readers.send(String(i), count);
        });
        let before = 0;
        const most = tenths + (each + 2) * requests.length;
        expect(readers.read.length).toBeLessThanOrEqual(most);
        do {
          expect(readers.read.length - before).toBeLessThanOrEqual(most);
          before = readers.read.length;
        } while (readers.turn());
        requests.forEach((count, i) => {
          expect(readers.read.filter((name) => name === String(i))).toHaveLength(count);
        });
      }),
    );
  });

  it('takes those that wait one after the other', () => {
    const readers = new Readers(1, 0);
    for (const name of ['a', 'b', 'c']) readers.send(name, 30);
    for (let turn = 0; turn < 9; turn++) readers.turn();
    const counts = ['a', 'b', 'c'].map((name) => readers.read.filter((other) => other === name).length);
    expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
  });

  it('leaves unread what would only wait in line, until as many have left it', () => {
    const readers = new Readers(10, 5, 3);
    const busy = readers.send('busy', 8, true);
    const turns = (count: number): number => {
      for (let i = 0; i < count; i++) readers.turn();
      return readers.read.filter((name) => name === 'busy').length;
    };
    expect(turns(5)).toBe(3);
    readers.send('other', 5);
    expect(readers.read.filter((name) => name === 'other')).toHaveLength(5);
    readers.turns.waits(busy, false);
    expect(turns(1)).toBe(4);
    expect(turns(5)).toBe(4);
    for (let left = 4; left > 1; left--) readers.turns.waits(busy, false);
    expect(turns(2)).toBe(7);
    while (busy.inLine > 0) {
      readers.turns.waits(busy, false);
      readers.turn();
    }
    expect(turns(2)).toBe(8);
  });
});
