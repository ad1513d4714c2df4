import { CliError } from './cli-io.ts';

const segment = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const clusters = '/clusters/';

/** A server URL taken apart at `/clusters/<path>`. */
export interface WorkspaceUrl {
  /** Everything before `/clusters/`, without a slash at the end. */
  base: string;
  path: string;
}

/** Undefined when the URL does not point to a workspace (a virtual workspace does not). */
export function parseWorkspaceUrl(url: string): WorkspaceUrl | undefined {
  const at = url.indexOf(clusters);
  if (at === -1 || url.includes('/services/')) return undefined;
  const path = url.slice(at + clusters.length).replace(/\/+$/, '');
  return isValidPath(path) ? { base: url.slice(0, at), path } : undefined;
}

export function workspaceUrl(base: string, path: string): string {
  return `${base}${clusters}${path}`;
}

export function isValidPath(path: string): boolean {
  const segments = path.startsWith('system:') ? [path.slice('system:'.length)] : path.split(':');
  return segments.every((part) => segment.test(part));
}

export function parentOf(path: string): string | undefined {
  const colon = path.lastIndexOf(':');
  return colon === -1 || path.startsWith('system:') ? undefined : path.slice(0, colon);
}

export function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf(':') + 1);
}

/**
 * `argument` with the user's home folder at its start written as `~`, which a shell has replaced, and slashes as colons:
 * `/home/alice/a` is `~:a`, `a/b` is `a:b`, `a/` is `a`.
 */
export function normalArgument(argument: string, homeFolder: string): string {
  const home = homeFolder.replace(/\/+$/, '');
  const shortened =
    home !== '' && (argument === home || argument.startsWith(`${home}/`))
      ? `~${argument.slice(home.length)}`
      : argument;
  return shortened.replaceAll('/', ':').replace(/(?<=[^:]):$/, '');
}

/** Whether an argument is absolute in the old way, without a colon before it. */
export function isOldAbsolute(argument: string): boolean {
  return argument === 'root' || argument.startsWith('root:');
}

/**
 * Where an argument leads from the current workspace: `:abs:path` and `root:…` are absolute, everything else is relative,
 * `.` and `..` as in file systems. Slashes are read as colons. `~` and `-` are the caller's.
 *
 * @throws CliError when it is no path, or leads above the first workspace of its tree
 */
export function resolvePath(argument: string, current: string): string {
  const text = normalArgument(argument, '');
  if (text === ':') return current.startsWith('system:') ? current : (current.split(':')[0] ?? current);
  const absolute = text.startsWith(':') ? text.slice(1) : isOldAbsolute(text) ? text : undefined;
  if (absolute !== undefined && isValidPath(absolute)) return absolute;
  let path = absolute === undefined ? current : '';
  for (const part of (absolute ?? text).split(':')) {
    if (part === '.') continue;
    if (part === '..') {
      const parent = parentOf(path);
      if (parent === undefined) throw new CliError(`cannot go up from ${path || 'root'}`);
      path = parent;
    } else path = path === '' ? part : `${path}:${part}`;
  }
  if (!isValidPath(path)) throw new CliError(`invalid workspace path: ${argument}`);
  return path;
}
