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
 * Where an argument leads from the current workspace: `:abs:path` and `root:…` are absolute, everything else is relative,
 * `.` and `..` as in file systems. Slashes are read as colons. `~` and `-` are the caller's.
 */
export function resolvePath(argument: string, current: string): string {
  const text = argument.replaceAll('/', ':');
  if (text === ':') return current.split(':')[0] ?? current;
  if (text.startsWith(':')) return checked(text.slice(1), argument);
  if (text === 'root' || text.startsWith('root:')) return checked(text, argument);
  let path = current;
  for (const part of text.split(':')) {
    if (part === '.' || part === '') continue;
    if (part === '..') {
      const parent = parentOf(path);
      if (parent === undefined) throw new CliError(`cannot go up from ${path}`);
      path = parent;
    } else path = `${path}:${part}`;
  }
  return checked(path, argument);
}

function checked(path: string, argument: string): string {
  if (!isValidPath(path)) throw new CliError(`invalid workspace path: ${argument}`);
  return path;
}
