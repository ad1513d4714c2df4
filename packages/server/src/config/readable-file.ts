import { readFileSync } from 'node:fs';
import path from 'node:path';
import { UsageError } from '../options/parse-options.ts';

/** The absolute path of a flag's file; undefined for no file. @throws UsageError when it cannot be read */
export function readableFile(flag: string, value: string, cwd: string): string | undefined {
  if (value === '') return undefined;
  const file = path.resolve(cwd, value);
  try {
    readFileSync(file);
  } catch (error) {
    throw new UsageError(`--${flag}: ${(error as Error).message}`);
  }
  return file;
}
