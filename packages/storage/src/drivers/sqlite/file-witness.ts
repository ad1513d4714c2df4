import { statSync } from 'node:fs';

/** Primary result codes of a file with contents that cannot be (https://www.sqlite.org/rescode.html). */
const sqliteCorrupt = 11;
const sqliteNotADatabase = 26;

/** Whether SQLite found that its file has been damaged, which no later attempt will mend. */
export function isDamage(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false;
  return [sqliteCorrupt, sqliteNotADatabase].includes(Number(error.errcode) & 0xff);
}

/**
 * Tells when a file's name leads somewhere else than it did: moved away, removed or replaced. Who has it open would not
 * notice, and write on into what nobody will ever find again. Goes by the inode, as SQLite does with rollback journals.
 */
export class FileWitness {
  readonly #path: string;
  #inode: number | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** Why the file is lost; undefined when it is not. What it is at the first call it has to stay. */
  verdict(): string | undefined {
    const found = statSync(this.#path, { throwIfNoEntry: false })?.ino;
    this.#inode ??= found;
    if (found === this.#inode) return undefined;
    return found === undefined ? `${this.#path} is gone` : `${this.#path} is another file than it was`;
  }
}
