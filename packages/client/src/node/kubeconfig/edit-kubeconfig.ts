import { randomUUID } from 'node:crypto';
import { access, chmod, mkdir, open, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { stringifyYaml } from '@canopy/apimachinery';
import { withFileLock } from './file-lock.ts';
import type { ClusterEntry, ContextEntry, UserEntry } from './kubeconfig.ts';
import type { Entry, EntryList, FileContent } from './kubeconfig-file.ts';
import { entriesOf, entryKinds, pathFields, readKubeconfigFile } from './kubeconfig-file.ts';
import type { KubeconfigFiles } from './load-kubeconfig.ts';

/**
 * What to change. An entry's fields replace those of the same name (undefined removes the field); fields that are not
 * mentioned stay. `null` removes the entry.
 */
export interface KubeconfigChanges {
  /** `''` unsets it. */
  currentContext?: string;
  clusters?: Readonly<Record<string, ClusterEntry | null>>;
  users?: Readonly<Record<string, UserEntry | null>>;
  contexts?: Readonly<Record<string, ContextEntry | null>>;
}

/**
 * Writes changes back, as kubectl does: each entry into the first file that has it, new ones and the current context into
 * the first file that exists (else the last of the list). Fields and entries unknown here survive; comments do not. Each
 * file is locked, then replaced at once, and keeps its mode (0600 for a new one); a symbolic link stays one.
 *
 * @throws KubeconfigError when a file cannot be read or locked
 */
export async function editKubeconfig(files: KubeconfigFiles, changes: KubeconfigChanges): Promise<void> {
  for (const [file, part] of await assign(files, changes)) {
    await mkdir(path.dirname(file), { recursive: true });
    await withFileLock(file, async () => {
      const content = (await readKubeconfigFile(file)) ?? { apiVersion: 'v1', kind: 'Config', preferences: {} };
      for (const list of Object.keys(entryKinds) as EntryList[]) changeEntries(content, list, part, path.dirname(file));
      if (part.currentContext !== undefined) content['current-context'] = part.currentContext;
      await replaceFile(file, await stringifyYaml(content));
    });
  }
}

/** Splits the changes by file. */
async function assign(files: KubeconfigFiles, changes: KubeconfigChanges): Promise<Map<string, KubeconfigChanges>> {
  const contents = new Map<string, FileContent>();
  for (const file of files.paths) {
    const content = await readKubeconfigFile(file);
    if (content !== undefined) contents.set(file, content);
  }
  const fallback = contents.keys().next().value ?? files.paths.at(-1)!;
  const parts = new Map<string, Record<string, unknown>>();
  const partFor = (file: string) => {
    const part = parts.get(file) ?? {};
    parts.set(file, part);
    return part;
  };
  for (const list of Object.keys(entryKinds) as EntryList[]) {
    for (const [name, entry] of Object.entries(changes[list] ?? {})) {
      const owner = [...contents].find(([, content]) => entriesOf(content, list).has(name))?.[0];
      if (owner === undefined && entry === null) continue;
      const part = partFor(owner ?? fallback);
      part[list] = { ...(part[list] as object | undefined), [name]: entry };
    }
  }
  if (changes.currentContext !== undefined) {
    if (changes.currentContext !== '') partFor(fallback)['currentContext'] = changes.currentContext;
    else for (const file of contents.keys()) partFor(file)['currentContext'] = '';
  }
  return parts as Map<string, KubeconfigChanges>;
}

function changeEntries(content: FileContent, list: EntryList, changes: KubeconfigChanges, folder: string): void {
  const wanted = changes[list];
  if (wanted === undefined) return;
  const items = Array.isArray(content[list]) ? [...(content[list] as Record<string, unknown>[])] : [];
  for (const [name, entry] of Object.entries(wanted)) {
    const index = items.findIndex((item) => item?.['name'] === name);
    if (entry === null) {
      if (index >= 0) items.splice(index, 1);
      continue;
    }
    const old = items[index];
    const before = (old?.[entryKinds[list]] ?? {}) as Entry;
    const after = { ...before, ...keepSpelling(entry, before, list, folder) };
    const item = { ...old, name, [entryKinds[list]]: after };
    if (index >= 0) items[index] = item;
    else items.push(item);
  }
  content[list] = items;
}

/** A path that only became absolute by loading stays as it is written in the file. */
function keepSpelling(entry: Entry, before: Entry, list: EntryList, folder: string): Entry {
  const kept = { ...entry };
  for (const field of pathFields[list]) {
    const old = before[field];
    if (typeof old === 'string' && old !== '' && path.resolve(folder, old) === kept[field]) kept[field] = old;
  }
  const [oldExec, newExec] = [before['exec'], kept['exec']] as ({ command?: string } | undefined)[];
  if (
    list === 'users' &&
    oldExec?.command?.includes('/') &&
    path.resolve(folder, oldExec.command) === newExec?.command
  ) {
    kept['exec'] = { ...newExec, command: oldExec.command };
  }
  return kept;
}

async function replaceFile(file: string, text: string): Promise<void> {
  const target = await realpath(file).catch(() => file);
  const mode = await stat(target).then(
    (found) => found.mode & 0o777,
    () => 0o600,
  );
  const temporary = `${target}.${randomUUID()}.tmp`;
  try {
    const handle = await open(temporary, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(temporary, mode);
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Whether any of the files exists. */
export async function kubeconfigExists(files: KubeconfigFiles): Promise<boolean> {
  for (const file of files.paths) {
    if (
      await access(file).then(
        () => true,
        () => false,
      )
    ) {
      return true;
    }
  }
  return false;
}
