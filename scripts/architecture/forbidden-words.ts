import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * What no file of the repository may mention: folders of one particular machine, and hosts of package registries, which
 * are each user's own configuration. Written so that this list does not match itself.
 */
export const forbiddenWords: readonly RegExp[] = [
  /[/]work[/]/,
  /registry[.]npmjs[.]/,
  /registry[.]yarnpkg[.]/,
  /(proxy|sum)[.]golang[.]org/,
  /deb[.]debian[.]org/,
  /pypi[.]org|pythonhosted[.]org/,
  /index[.]crates[.]io/,
];

/** Every mention in a file that git tracks or would add: `file:line: words`. */
export function forbiddenMentions(root: string, words: readonly RegExp[] = forbiddenWords): string[] {
  const list = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return [...new Set(list.split('\0'))].filter(Boolean).flatMap((file) => mentions(root, file, words));
}

function mentions(root: string, file: string, words: readonly RegExp[]): string[] {
  const place = path.join(root, file);
  if (!lstatSync(place, { throwIfNoEntry: false })?.isFile()) return [];
  const bytes = readFileSync(place);
  if (bytes.subarray(0, 8192).includes(0)) return [];
  const text = bytes.toString('utf8');
  return words.flatMap((word) => {
    const match = word.exec(text);
    return match ? [`${file}:${text.slice(0, match.index).split('\n').length}: ${match[0]}`] : [];
  });
}
