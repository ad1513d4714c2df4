import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import path from 'node:path';

const mostBytes = 1024 * 1024 * 1024;

/** Why there is nothing to compare with. */
export class NothingToCompare extends Error {}

/** The commit before this one, or this one itself where the tree has changes that are in no commit. */
export function defaultRef(root: string): string {
  const changed = git(root, 'this is no repository', 'status', '--porcelain', '--untracked-files=no');
  return changed === '' ? 'HEAD^' : 'HEAD';
}

/** Puts a commit into `directory`, with the dependencies of `root`, and builds it. Throws {@link NothingToCompare}. */
export function buildCommit(root: string, ref: string, directory: string): string {
  const commit = git(root, `there is no commit ${ref}`, 'rev-parse', '--verify', '--quiet', `${ref}^{commit}`);
  mkdirSync(directory);
  try {
    const files = execFileSync('git', ['archive', '--format=tar', commit], { cwd: root, maxBuffer: mostBytes });
    execFileSync('tar', ['-xf', '-'], { cwd: directory, input: files });
    linkDependencies(root, directory);
    execFileSync(process.execPath, [path.join(directory, 'scripts/build.ts')], { cwd: directory, stdio: 'pipe' });
  } catch (error) {
    throw new NothingToCompare(`${ref} cannot be built here: ${firstLine(error)}`);
  }
  return commit;
}

/** The dependencies of the working tree, with the other tree's own packages in place of ours. */
function linkDependencies(root: string, other: string): void {
  const from = path.join(root, 'node_modules');
  const to = path.join(other, 'node_modules');
  mkdirSync(path.join(to, '@canopy'), { recursive: true });
  for (const name of readdirSync(from)) if (name !== '@canopy') symlinkSync(path.join(from, name), path.join(to, name));
  for (const folder of ['packages', 'providers']) {
    for (const name of readdirSync(path.join(other, folder))) {
      const file = path.join(other, folder, name);
      const manifest = JSON.parse(readFileSync(path.join(file, 'package.json'), 'utf8')) as { name: string };
      if (manifest.name.startsWith('@canopy/')) symlinkSync(file, path.join(to, manifest.name));
    }
  }
}

function git(root: string, otherwise: string, ...args: string[]): string {
  try {
    return execFileSync('git', args, { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    throw new NothingToCompare(otherwise);
  }
}

function firstLine(error: unknown): string {
  const { stderr, message } = error as { stderr?: Buffer; message: string };
  const said = stderr?.toString().trim() ?? '';
  return (said === '' ? message : said).split('\n')[0] as string;
}
