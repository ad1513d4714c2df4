import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { forbiddenMentions } from './forbidden-words.ts';

let root: string;

beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'mentions-'));
  execFileSync('git', ['init', '--quiet'], { cwd: root });
});
afterAll(() => rmSync(root, { recursive: true }));

describe('forbidden mentions', () => {
  it('are found with their line in files that git would add, and not in those it ignores', () => {
    const folder = ['', 'work', 'main'].join('/');
    writeFileSync(path.join(root, '.gitignore'), 'ignored.md\n');
    writeFileSync(path.join(root, 'ignored.md'), folder);
    writeFileSync(path.join(root, 'clean.md'), 'work/main is a path of no machine\n');
    writeFileSync(path.join(root, 'lock.json'), `{\n"resolved": "https://registry.${'npmjs'}.org/x"\n}`);
    writeFileSync(path.join(root, 'notes.md'), `one\ntwo ${folder}\n`);
    expect(forbiddenMentions(root)).toEqual([`lock.json:2: registry.${'npmjs'}.`, `notes.md:2: ${folder.slice(0, 6)}`]);
  });
});
