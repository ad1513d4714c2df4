import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parseYamlDocument } from '@canopy/apimachinery';
import { KubeconfigError } from './kubeconfig.ts';

/** The kinds of named entries, by their key in the file. */
export const entryKinds = { clusters: 'cluster', users: 'user', contexts: 'context' } as const;
export type EntryList = keyof typeof entryKinds;

/** Fields that hold paths, relative to the file's folder. */
export const pathFields: Readonly<Record<EntryList, readonly string[]>> = {
  clusters: ['certificate-authority'],
  users: ['client-certificate', 'client-key', 'tokenFile'],
  contexts: [],
};

export type Entry = Record<string, unknown>;

/** One file as it stands on disk, unknown fields included. */
export type FileContent = Record<string, unknown>;

/** Undefined when there is no such file. */
export async function readKubeconfigFile(file: string): Promise<FileContent | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new KubeconfigError(`cannot read ${file}: ${(cause as Error).message}`, cause);
  }
  let content: unknown;
  try {
    content = await parseYamlDocument(text);
  } catch (cause) {
    throw new KubeconfigError(`${file} is not valid YAML: ${(cause as Error).message}`, cause);
  }
  if (content === undefined || content === null) return {};
  if (typeof content !== 'object' || Array.isArray(content)) throw new KubeconfigError(`${file} is not a kubeconfig`);
  const { kind, apiVersion } = content as FileContent;
  if ((kind !== undefined && kind !== 'Config') || (apiVersion !== undefined && apiVersion !== 'v1')) {
    throw new KubeconfigError(`${file} is a ${String(apiVersion)} ${String(kind)}, not a v1 Config`);
  }
  return content as FileContent;
}

/** The named entries of one kind, in the order of the file; the first of equal names. */
export function entriesOf(content: FileContent, list: EntryList): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  const items = content[list];
  for (const item of Array.isArray(items) ? (items as Record<string, unknown>[]) : []) {
    const name = item?.['name'];
    const entry = item?.[entryKinds[list]];
    if (typeof name !== 'string' || entries.has(name)) continue;
    entries.set(name, typeof entry === 'object' && entry !== null ? (entry as Entry) : {});
  }
  return entries;
}

/** A copy of an entry with absolute paths. A command of an exec plugin is a path when it has a slash. */
export function withAbsolutePaths(entry: Entry, list: EntryList, folder: string): Entry {
  const copy = { ...entry };
  for (const field of pathFields[list]) {
    const value = copy[field];
    if (typeof value === 'string' && value !== '') copy[field] = path.resolve(folder, value);
  }
  const exec = copy['exec'] as { command?: unknown } | undefined;
  if (list === 'users' && typeof exec?.command === 'string' && exec.command.includes('/')) {
    copy['exec'] = { ...exec, command: path.resolve(folder, exec.command) };
  }
  return copy;
}
