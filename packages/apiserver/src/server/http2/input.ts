import type { Duplex } from 'node:stream';
import type { Reading, ReadingTurns } from '../reading-turns.ts';
import { ClientPreface } from './client-preface.ts';
import { ConnectionError } from './connection-error.ts';
import { FrameReader } from './frame-reader.ts';
import { type FrameHead, frameType } from './frames.ts';

/** What becomes of what comes in. */
export interface InputEvents {
  /** May throw a ConnectionError. */
  onFrame(head: FrameHead, payload: Buffer): void;
  /** After each piece that was read, unless the connection has failed. */
  onRead(): void;
  onError(error: ConnectionError): void;
  /** Whether nothing more is to be read for the time being. */
  isFull(): boolean;
}

/** What comes in on a connection, cut into frames; requests no faster than {@link ReadingTurns} lets them. */
export class Input implements Reading {
  readInTurn = 0;
  turn = 0;
  inLine = 0;
  waitsForLine = false;
  private readonly socket: Duplex;
  private readonly events: InputEvents;
  private readonly now: () => number;
  private readonly turns: ReadingTurns;
  private readonly preface = new ClientPreface();
  private readonly reader: FrameReader;
  /** Since when a frame is incomplete; 0: none is. */
  private insideSince: number;
  private framesRead = 0;
  private failed = false;

  constructor(socket: Duplex, { now, turns }: { now(): number; turns: ReadingTurns }, events: InputEvents) {
    this.socket = socket;
    this.events = events;
    this.now = now;
    this.turns = turns;
    this.insideSince = now();
    this.reader = new FrameReader(
      (head, payload) => {
        this.framesRead += 1;
        events.onFrame(head, payload);
      },
      ({ type }) => type !== frameType.headers || turns.mayRead(this),
    );
    socket.on('data', (chunk: Buffer) => this.read(chunk));
  }

  /** Since when a frame is incomplete that could be read; undefined when there is none. */
  get incompleteSince(): number | undefined {
    return this.socket.isPaused() || this.insideSince === 0 ? undefined : this.insideSince;
  }

  waits(yes: boolean): void {
    this.turns.waits(this, yes);
  }

  readOn(): void {
    this.read(undefined);
    this.resume();
  }

  /** Reads on if nothing speaks against it any more. */
  resume(): void {
    if (!this.socket.isPaused() || this.reader.isHeld || this.events.isFull()) return;
    if (this.insideSince > 0) this.insideSince = this.now();
    this.socket.resume();
  }

  /** Nothing more is read. */
  stop(): void {
    this.failed = true;
  }

  private read(chunk: Buffer | undefined): void {
    if (this.failed) return;
    const { framesRead, reader } = this;
    try {
      if (chunk === undefined) reader.readOn();
      else {
        const rest = this.preface.skip(chunk);
        if (rest === undefined) return;
        reader.push(rest);
      }
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      this.events.onError(error);
      return;
    }
    if (!reader.isInside) this.insideSince = 0;
    else if (this.insideSince === 0 || this.framesRead !== framesRead) this.insideSince = this.now();
    this.events.onRead();
    if (this.events.isFull() || reader.isHeld) this.socket.pause();
  }
}
