import type { Readable } from 'node:stream';

/** A screen with a keyboard. */
export interface Terminal {
  input: Readable & { setRawMode?(raw: boolean): unknown };
  write(text: string): void;
  /** Lines and columns at the moment. */
  size(): { rows: number; columns: number };
}

/** Everything a command knows of the world outside; the entry programs give the real one. */
export interface CliIo {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  homeFolder: string;
  /** Undefined unless both standard input and output are one. */
  terminal?: Terminal;
  /** All of standard input as text. */
  readInput(): Promise<string>;
  out(text: string): void;
  err(text: string): void;
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** A mistake of the user, or an answer of the server, that ends the command: its message on stderr, exit code 1. */
export class CliError extends Error {}
