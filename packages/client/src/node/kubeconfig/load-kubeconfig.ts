import path from 'node:path';
import type { ClusterEntry, ContextEntry, Kubeconfig, UserEntry } from './kubeconfig.ts';
import { KubeconfigError } from './kubeconfig.ts';
import type { Entry, EntryList, FileContent } from './kubeconfig-file.ts';
import { entriesOf, readKubeconfigFile, withAbsolutePaths } from './kubeconfig-file.ts';

/** Which files make up the kubeconfig. */
export interface KubeconfigFiles {
  /** In order of precedence. */
  paths: string[];
  /** Named by a flag: the one file, which must exist. */
  explicit: boolean;
}

export interface KubeconfigPlace {
  /** Value of `--kubeconfig`. */
  flag?: string;
  /** Value of the variable `KUBECONFIG`: files separated by `:` (`;` on Windows). */
  variable?: string;
  homeFolder: string;
  /** What relative paths start from. */
  workingFolder: string;
}

/** The flag's file, else the variable's, else `~/.kube/config`. */
export function kubeconfigFiles(place: KubeconfigPlace): KubeconfigFiles {
  const absolute = (file: string) => path.resolve(place.workingFolder, file);
  if (place.flag) return { paths: [absolute(place.flag)], explicit: true };
  const listed = [...new Set((place.variable ?? '').split(path.delimiter).filter((file) => file !== ''))];
  if (listed.length > 0) return { paths: listed.map(absolute), explicit: false };
  return { paths: [path.join(place.homeFolder, '.kube', 'config')], explicit: false };
}

/**
 * All files put together. Files that do not exist are skipped, unless it is the one of the flag.
 *
 * @throws KubeconfigError when a file cannot be read
 */
export async function loadKubeconfig(files: KubeconfigFiles): Promise<Kubeconfig> {
  const config: Kubeconfig = { currentContext: '', clusters: new Map(), users: new Map(), contexts: new Map() };
  for (const file of files.paths) {
    const content = await readKubeconfigFile(file);
    if (content === undefined) {
      if (files.explicit) throw new KubeconfigError(`the kubeconfig ${file} does not exist`);
      continue;
    }
    mergeInto(config, content, path.dirname(file));
  }
  return config;
}

function mergeInto(config: Kubeconfig, content: FileContent, folder: string): void {
  const current = content['current-context'];
  if (config.currentContext === '' && typeof current === 'string') config.currentContext = current;
  const add = (list: EntryList, target: Map<string, Entry>) => {
    for (const [name, entry] of entriesOf(content, list)) {
      if (!target.has(name)) target.set(name, withAbsolutePaths(entry, list, folder));
    }
  };
  add('clusters', config.clusters as Map<string, ClusterEntry>);
  add('users', config.users as Map<string, UserEntry>);
  add('contexts', config.contexts as Map<string, ContextEntry>);
}
