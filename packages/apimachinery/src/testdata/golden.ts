import { readFileSync } from 'node:fs';

/** What the Go libraries of Kubernetes 1.37 answer to `args`; `{ error }` stands for an error and its text. */
export interface GoldenCase {
  args: string[];
  want: unknown;
}

/** Reads one of the files of answers in this folder. */
export function golden(name: string): Record<string, GoldenCase[]> {
  return JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as Record<string, GoldenCase[]>;
}

/** The result of `run`, or `{ error }` with the text of what it throws. */
export function answer(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return { error: (error as Error).message };
  }
}
