/** Everything a command knows of the world outside; the entry programs give the real one. */
export interface CliIo {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
  homeFolder: string;
  /** All of standard input as text. */
  readInput(): Promise<string>;
  out(text: string): void;
  err(text: string): void;
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** A mistake of the user, or an answer of the server, that ends the command: one line, exit code 1. */
export class CliError extends Error {}
